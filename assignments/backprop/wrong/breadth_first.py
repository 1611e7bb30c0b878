"""Lists nodes in the order in which a breadth-first search from the sources reaches them."""

REPLACES = "topological_order"
FAILS = ["topological_order"]
HINT = "A node must wait until"


def topological_order(graph):
    pointed = {b for successors in graph.values() for b in successors}
    order = [node for node in graph if node not in pointed]
    if graph and not order:
        raise ValueError("cycle")
    for node in order:
        for successor in graph[node]:
            if successor not in order:
                order.append(successor)
    return order
