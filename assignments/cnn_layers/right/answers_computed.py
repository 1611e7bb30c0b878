"""Lets NumPy pool the four images and returns arrays."""

REPLACES = "conv_answers"


blocks = corners.reshape(4, 2, 2, 2, 2)
conv_answers = dict(
    parameters=np.int64(8 * 3 * 25 + 8),
    output_shape=[28, 28, 8],
    average_pooled=blocks.mean(axis=(2, 4)),
    max_pooled=blocks.max(axis=(2, 4)).astype(int),
)
