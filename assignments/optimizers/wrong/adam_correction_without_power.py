"""Divides by 1 − β at every step: the t of βᵗ is forgotten."""

FAILS = ["adam_step/with the usual betas and eps"]
HINT = "with the power t"
FREQUENCY = "1 of 15 public solutions"
EDITS = {
    "m_hat, s_hat = m / (1 - betas[0] ** t), s / (1 - betas[1] ** t)":
        "m_hat, s_hat = m / (1 - betas[0]), s / (1 - betas[1])",
}
