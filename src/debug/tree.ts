/**
 * The lines of a tree.
 *
 * @module
 */

import { showWords } from "../waiting/words.ts";
import { showDetails } from "./details.ts";
import { type FutureNode, type Graph, type Node, TaskNode } from "./graph.ts";
import { type Item, Layout } from "./layout.ts";

/** How many levels are indented: further ones would make the lines ever longer. */
const MAX_INDENTS = 20;

/** How many tasks a line names. */
const MAX_NAMED = 3;

/** What a line says of nodes that are alike, with marks in the place of times. */
export function aboutOf(node: Node): string {
  if (!(node instanceof TaskNode)) return (node as FutureNode).words.text;
  const { coroutine, state, words } = node.about;
  return `${coroutine}, ${state}: ${words.text}`;
}

/** A text about nodes that are alike, with their times. */
export function showAll(text: string, nodes: readonly Node[]): string {
  const all = nodes.map((node) => (node as TaskNode | FutureNode).words);
  return showWords({ text, times: [] }, all);
}

/** The names of some tasks, in short. */
export function namesOf(nodes: readonly TaskNode[]): string {
  const names = nodes.map(({ about }) => about.name);
  return names.length > MAX_NAMED ? `${names[0]} … ${names.at(-1)}` : names.join(", ");
}

/** The lines below a node that have not been written yet. */
interface Level {
  readonly items: readonly Item[];
  next: number;
  /** What the lines begin with. */
  readonly prefix: string;
  readonly depth: number;
}

/** A tree. The levels are a stack of its own, as chains of tasks are long. */
export class Tree {
  readonly #graph: Graph;
  readonly #layout: Layout;
  /** The lines. */
  readonly lines: string[] = [];
  /** How many of the lines are of nodes: the others tell details. */
  size = 0;
  readonly #levels: Level[] = [];

  constructor(graph: Graph) {
    this.#graph = graph;
    this.#layout = new Layout((node) => `${aboutOf(node)}\n${showDetails(graph, node).text}`);
  }

  /** Writes all lines. */
  write(roots: readonly Node[]): this {
    this.#write(this.#layout.arrange(roots));
    // Circles that wait for nothing but a lock, and that only a lock leads to.
    for (const node of this.#graph.tasks) {
      if (!this.#layout.isShown(node)) this.#write([{ kind: "nodes", nodes: [node] }]);
    }
    return this;
  }

  #write(items: readonly Item[]): void {
    this.#levels.push({ items, next: 0, prefix: "", depth: 0 });
    for (let level = this.#levels.at(-1); level; level = this.#levels.at(-1)) {
      const item = level.items[level.next++];
      if (item) this.#writeItem(item, level);
      else this.#levels.pop();
    }
  }

  #writeItem(item: Item, level: Level): void {
    if (item.kind === "list") {
      const { source, edges } = item.list;
      return this.#writeLine(`${source.operation} of ${edges.length}, see above`, level);
    }
    const above: Node[] = [];
    const fresh: Node[] = [];
    for (const node of item.nodes) {
      (item.kind === "reference" || this.#layout.isShown(node) ? above : fresh).push(node);
    }
    if (above.length > 0) {
      const isFollowed = fresh.length > 0;
      this.#writeLine(`${showReference(above)}, see above`, level, isFollowed);
    }
    if (fresh.length > 0) this.#writeNodes(fresh, level);
  }

  #writeNodes(nodes: readonly Node[], level: Level): void {
    for (const node of nodes) this.#layout.note(node);
    this.#writeLine(this.#about(nodes), level);
    const { items, next, prefix, depth } = level;
    const isIndented = depth > 0 && depth <= MAX_INDENTS;
    const own = isIndented ? prefix + (next === items.length ? "   " : "│  ") : prefix;
    const below = nodes.length === 1 ? this.#layout.below(nodes[0]!) : [];
    const details = this.#details(nodes);
    if (details) this.lines.push(`${own}${below.length > 0 ? "│ " : "  "}${details}`);
    if (below.length > 0) {
      this.#levels.push({ items: below, next: 0, prefix: own, depth: depth + 1 });
    }
  }

  #writeLine(text: string, { items, next, prefix, depth }: Level, isFollowed = false): void {
    const isLast = next === items.length && !isFollowed;
    const branch = depth === 0 ? "" : isLast ? "└─ " : "├─ ";
    const number = depth > MAX_INDENTS ? `(level ${depth}) ` : "";
    this.size++;
    this.lines.push(prefix + branch + number + text);
  }

  #about(nodes: readonly Node[]): string {
    const [first] = nodes;
    const about = showAll(aboutOf(first!), nodes);
    const count = nodes.length > 1 ? `${nodes.length} × ` : "";
    if (!(first instanceof TaskNode)) return count + about;
    if (count) return `${count}${about} (${namesOf(nodes as TaskNode[])})`;
    return `${first.about.name} ${about}${first.circle > 0 ? ` [circle ${first.circle}]` : ""}`;
  }

  #details(nodes: readonly Node[]): string {
    const first = showDetails(this.#graph, nodes[0]!);
    if (first.text === "") return "";
    return showWords(first, nodes.map((node) => showDetails(this.#graph, node)));
  }
}

/** The tasks that stand above; futures have no names. */
function showReference(nodes: readonly Node[]): string {
  const tasks = nodes.filter((node): node is TaskNode => node instanceof TaskNode);
  const others = nodes.length - tasks.length;
  const texts = tasks.length > 0 ? [namesOf(tasks)] : [];
  if (others > 0) texts.push(others === 1 ? "a future" : `${others} futures`);
  return texts.join(" and ");
}
