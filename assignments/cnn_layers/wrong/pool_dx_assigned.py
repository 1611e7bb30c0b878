"""Assigns where it should add: right as long as windows don't overlap."""

FAILS = ["max_pool_backward_naive/the winner of each window"]
HINT = "a pixel that wins in several must collect"
FREQUENCY = "6 of 13 public solutions"
EDITS = {
    "dx[n, c, i * stride + k, j * stride + l] += dout[n, c, i, j]":
        "dx[n, c, i * stride + k, j * stride + l] = dout[n, c, i, j]",
}
