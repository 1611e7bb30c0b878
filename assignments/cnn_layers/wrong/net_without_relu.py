"""Pools right after the convolution: a maximum is not linear either, so why a ReLU?"""

FAILS = ["two_layer_convnet/scores"]
HINT = "there a ReLU between convolution and pooling?"
EDITS = {
    "features, conv_cache = conv_relu_pool_forward(X, W1, b1, conv_param, pool_param)":
        "features, conv_cache = conv_pool_forward(X, W1, b1, conv_param, pool_param)",
    "_, dW1, db1 = conv_relu_pool_backward(dfeatures, conv_cache)": "_, dW1, db1 = conv_pool_backward(dfeatures, conv_cache)",
}


conv_pool_forward, conv_pool_backward = sandwich((conv_forward_fast, conv_backward_fast), (max_pool_forward_fast, max_pool_backward_fast))
