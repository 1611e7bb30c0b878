"""Notes nodes down when a depth-first search leaves them, and forgets to turn the list round."""

REPLACES = "topological_order"
FAILS = ["topological_order/every node before its successors"]
HINT = "The order is exactly the wrong way round."


def topological_order(graph):
    order, active, done = [], set(), set()

    def visit(node):
        if node in active:
            raise ValueError("cycle")
        if node in done:
            return
        active.add(node)
        for successor in graph[node]:
            visit(successor)
        active.remove(node)
        done.add(node)
        order.append(node)

    for node in graph:
        visit(node)
    return order
