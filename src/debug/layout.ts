/**
 * The layout of a graph as a tree: which node stands below which, and which stand in one line.
 *
 * @module
 */

import { successorsOf } from "./circles.ts";
import { type FutureNode, type Graph, ListNode, type Node, type TaskNode } from "./graph.ts";

/** How many nodes that are alike stand in one line. */
const FEWEST_ALIKE = 4;

/** A line of the tree. */
export type Item =
  /** A node, or several that are alike and have none below. */
  | { readonly kind: "nodes"; readonly nodes: readonly Node[] }
  /** Nodes that stand in a line above. */
  | { readonly kind: "reference"; readonly nodes: readonly Node[] }
  /** The futures of an operation, which stand in lines above. */
  | { readonly kind: "list"; readonly list: ListNode };

/** Decides, line by line, what stands below a node. */
export class Layout {
  readonly #keyOf: (node: Node) => string;
  /** The nodes, and the lists, that stand in a line. */
  readonly #shown = new Set<Node>();
  /** The tasks that stand below one that waits for their lock. */
  readonly #claimed = new Set<TaskNode>();

  /** @param keyOf Returns a text that is the same for all nodes that are alike. */
  constructor(keyOf: (node: Node) => string) {
    this.#keyOf = keyOf;
  }

  /** Whether a node stands in a line above. */
  isShown(node: Node): boolean {
    return this.#shown.has(node);
  }

  /** Notes that a node stands in a line. */
  note(node: Node): void {
    this.#shown.add(node);
  }

  /** Returns the lines below a node. */
  below(node: Node): Item[] {
    const items: Item[] = [];
    const nodes: Node[] = [];
    /** Tasks that the line of the node does not name. */
    const references: Node[] = [];
    const isNamed = node.edges.length <= 3;
    for (const edge of node.edges) {
      if (!(edge instanceof ListNode)) {
        if (!this.#shown.has(edge)) nodes.push(edge);
        else if (!isNamed) references.push(edge);
      } else if (this.#shown.has(edge)) {
        items.push({ kind: "list", list: edge });
      } else {
        this.note(edge);
        for (const member of edge.edges) {
          (this.#shown.has(member) ? references : nodes).push(member);
        }
      }
    }
    for (const holder of node.holders ?? []) {
      if (!this.#mayStandBelow(holder)) continue;
      this.#claimed.add(holder);
      nodes.push(holder);
    }
    const all = [...this.arrange(nodes), ...items];
    if (references.length > 0) all.push({ kind: "reference", nodes: references });
    return all;
  }

  /** Whether a task that has a lock may stand below one that waits for the lock. */
  #mayStandBelow(holder: TaskNode): boolean {
    return !holder.isAwaited && !this.#claimed.has(holder) && !this.#shown.has(holder);
  }

  /** Puts nodes that are alike into groups. */
  arrange(nodes: Iterable<Node>): Item[] {
    const alike = new Map<string, Node[]>();
    const keys = new Map<Node, string>();
    /** The locks and lists that stand below an earlier node. */
    const taken = new Set<Node>();
    for (const node of nodes) {
      if (keys.has(node)) continue;
      const key = this.#isLeaf(node, taken) ? this.#keyOf(node) : "";
      keys.set(node, key);
      const group = alike.get(key);
      if (group) group.push(node);
      else alike.set(key, [node]);
    }
    const items: Item[] = [];
    for (const [node, key] of keys) {
      const group = alike.get(key)!;
      if (key === "" || group.length < FEWEST_ALIKE) items.push({ kind: "nodes", nodes: [node] });
      else if (group[0] === node) items.push({ kind: "nodes", nodes: group });
    }
    return items;
  }

  /** @param seen The lists, and the tasks with locks, that will stand below an earlier node. */
  #isLeaf({ edges, holders = [] }: Node, seen: Set<Node>): boolean {
    // A list stands below the first who waits for it.
    const isFirst = edges.filter((edge) => {
      const isAbove = edge instanceof ListNode && (this.#shown.has(edge) || seen.has(edge));
      seen.add(edge);
      return !isAbove;
    }).length > 0;
    if (isFirst) return false;
    const below = holders.filter((holder) => this.#mayStandBelow(holder) && !seen.has(holder));
    for (const holder of below) seen.add(holder);
    return below.length === 0;
  }
}

/** Returns the nodes that nothing waits on; of circles that nothing else waits on, one. */
export function rootsOf({ nodes }: Graph): Node[] {
  const awaited = new Set<number>();
  for (const node of nodes) {
    for (const next of successorsOf(node)) {
      if (next.component !== node.component) awaited.add(next.component);
    }
  }
  const roots: Node[] = [];
  for (const node of nodes) {
    const { component } = node;
    if (node instanceof ListNode || awaited.has(component)) continue;
    awaited.add(component);
    roots.push(node);
  }
  return roots;
}

/** Returns the tasks and futures that wait on no other: what all others wait for in the end. */
export function endsOf({ nodes }: Graph): (TaskNode | FutureNode)[] {
  return nodes.filter((node): node is TaskNode | FutureNode =>
    !(node instanceof ListNode) && node.edges.length === 0 && !node.holders
  );
}
