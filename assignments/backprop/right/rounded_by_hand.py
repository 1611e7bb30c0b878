"""The example's numbers from a pocket calculator, as plain lists with four digits."""

REPLACES = "answers"

answers = {"x1": [0.5933, 0.5969], "x2": 0.7514, "loss": [0.2748], "dW2": [0.08217, 0.08267], "db2": [0.1385],
           "dW1": [[0.0006684, 0.001337], [0.0007498, 0.001500]], "db1": (0.01337, 0.01500)}
