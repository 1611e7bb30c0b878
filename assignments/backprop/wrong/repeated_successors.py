"""Counts predecessors without repetition, but takes one off for every repetition."""

REPLACES = "topological_order"
FAILS = ["topological_order/every node before its successors"]
HINT = "A node must wait until"


def topological_order(graph):
    waiting = {node: len({a for a in graph if node in graph[a]}) for node in graph}
    ready, order = [node for node in graph if waiting[node] == 0], []
    while ready:
        node = ready.pop(0)
        order.append(node)
        for successor in graph[node]:
            waiting[successor] -= 1
            if waiting[successor] == 0:
                ready.append(successor)
    if len(order) < len(graph):
        raise ValueError("cycle")
    return order
