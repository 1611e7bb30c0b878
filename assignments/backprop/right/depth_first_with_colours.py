"""Depth first, each node noted when it is left; a cycle is met when a grey node is reached again."""

REPLACES = "topological_order"


class CycleError(ValueError):
    pass


def topological_order(graph):
    colour, order = dict.fromkeys(graph, "white"), []
    for start in graph:
        stack = [(start, iter(graph[start]))] if colour[start] == "white" else []
        colour[start] = "grey" if stack else colour[start]
        while stack:
            node, successors = stack[-1]
            for successor in successors:
                if colour[successor] == "grey":
                    raise CycleError(f"{successor} is reached again")
                if colour[successor] == "white":
                    colour[successor] = "grey"
                    stack.append((successor, iter(graph[successor])))
                    break
            else:
                colour[node] = "black"
                order.append(node)
                stack.pop()
    return order[::-1]
