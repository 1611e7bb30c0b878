"""Notes a node down when a depth-first search arrives, not when it leaves."""

REPLACES = "topological_order"
FAILS = ["topological_order/every node before its successors"]
HINT = "A node must wait until"


def topological_order(graph):
    order, active = [], set()

    def visit(node):
        if node in active:
            raise ValueError("cycle")
        if node in order:
            return
        order.append(node)
        active.add(node)
        for successor in graph[node]:
            visit(successor)
        active.remove(node)

    for node in graph:
        visit(node)
    return order
