"""One-hot labels, einsum and SciPy's log_softmax."""

REPLACES = "softmax_loss_vectorized"

from scipy.special import log_softmax


def softmax_loss_vectorized(W, X, y, reg):
    due = np.eye(W.shape[0])[:, y]
    logs = log_softmax(np.einsum("cd,dn->cn", W, X), axis=0)
    weights = W * (np.arange(W.shape[1]) < W.shape[1] - 1)
    loss = -np.einsum("cn,cn->", due, logs) / y.size + reg / 2 * np.einsum("cd,cd->", weights, weights)
    return loss, np.einsum("cn,dn->cd", np.exp(logs) - due, X) / y.size + reg * weights
