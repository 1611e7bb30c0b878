"""Stops when no node is free, and returns what it has."""

REPLACES = "topological_order"
FAILS = ["topological_order/cycles"]
HINT = "b and c wait for each other"


def topological_order(graph):
    waiting = {node: 0 for node in graph}
    for successors in graph.values():
        for node in successors:
            waiting[node] += 1
    ready, order = [node for node in graph if not waiting[node]], []
    while ready:
        node = ready.pop()
        order.append(node)
        for successor in graph[node]:
            waiting[successor] -= 1
            if not waiting[successor]:
                ready.append(successor)
    return order
