/**
 * Finds the circles of a graph: tasks that wait for each other.
 *
 * @module
 */

import { type Graph, type Node, TaskNode } from "./graph.ts";

/** What a node waits on, with the tasks that have its locks. */
export function successorsOf({ edges, holders }: Node): readonly Node[] {
  return holders ? [...edges, ...holders] : edges;
}

/** A node that is being visited. */
interface Visit {
  readonly node: Node;
  readonly order: number;
  /** The lowest order of the nodes that are reached from here and may be in the same group. */
  low: number;
  readonly successors: readonly Node[];
  /** How many successors were visited. */
  index: number;
  isOpen: boolean;
}

/**
 * Groups the nodes, and numbers the groups: two nodes are in one group if each waits on the other. By
 * Tarjan's algorithm, with a stack of its own, as chains of tasks are long.
 */
export function componentsOf({ nodes }: Graph): Node[][] {
  const visits = new Map<Node, Visit>();
  const groups: Node[][] = [];
  const open: Visit[] = [];
  const path: Visit[] = [];
  const enter = (node: Node) => {
    const order = visits.size;
    const visit = {
      node,
      order,
      low: order,
      successors: successorsOf(node),
      index: 0,
      isOpen: true,
    };
    visits.set(node, visit);
    open.push(visit);
    path.push(visit);
  };
  const leave = (visit: Visit) => {
    path.pop();
    const caller = path.at(-1);
    if (caller) caller.low = Math.min(caller.low, visit.low);
    if (visit.low < visit.order) return;
    const group: Node[] = [];
    for (const last of open.splice(open.lastIndexOf(visit))) {
      last.isOpen = false;
      last.node.component = groups.length;
      group.push(last.node);
    }
    groups.push(group);
  };
  for (const start of nodes) {
    if (!visits.has(start)) enter(start);
    for (let visit = path.at(-1); visit; visit = path.at(-1)) {
      const next = visit.successors[visit.index++];
      if (!next) leave(visit);
      else {
        const seen = visits.get(next);
        if (!seen) enter(next);
        else if (seen.isOpen) visit.low = Math.min(visit.low, seen.order);
      }
    }
  }
  return groups;
}

/** Finds a circle in each group that has one, and numbers its nodes. Returns the tasks of each. */
export function findCircles(graph: Graph, groups: readonly Node[][]): TaskNode[][] {
  const circles: TaskNode[][] = [];
  const isInCircle = (group: readonly Node[]) =>
    group.length > 1 || successorsOf(group[0]!).includes(group[0]!);
  for (const group of groups) {
    if (!isInCircle(group)) continue;
    const start = group.find((node) => node instanceof TaskNode);
    if (start) circles.push(shortestCircle(start));
  }
  if (circles.length === 0) return circles;
  // Those that were found first come first.
  const order = new Map(graph.nodes.map((node, i) => [node, i]));
  circles.sort(([a], [b]) => order.get(a!)! - order.get(b!)!);
  circles.forEach((circle, i) => circle.forEach((node) => node.circle = i + 1));
  return circles;
}

/** The tasks of a shortest way from a node back to that. */
function shortestCircle(start: Node): TaskNode[] {
  const cameFrom = new Map<Node, Node>();
  const queue: Node[] = [start];
  // The node is found again through one that waits on it.
  for (const node of queue) {
    for (const next of successorsOf(node)) {
      if (next.component !== start.component || cameFrom.has(next)) continue;
      cameFrom.set(next, node);
      if (next === start) break;
      queue.push(next);
    }
    if (cameFrom.has(start)) break;
  }
  const circle: Node[] = [];
  let node = start;
  do {
    node = cameFrom.get(node)!;
    circle.push(node);
  } while (node !== start);
  return circle.reverse().filter((node): node is TaskNode => node instanceof TaskNode);
}
