"""Searches from nodes without predecessors only, so a cycle that nothing leads to goes unnoticed."""

REPLACES = "topological_order"
FAILS = ["topological_order/cycles"]
HINT = "The cycle may lie anywhere"


def topological_order(graph):
    pointed = {b for successors in graph.values() for b in successors}
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
        if node not in pointed:
            visit(node)
    if graph and not order:
        raise ValueError("cycle")
    return order[::-1]
