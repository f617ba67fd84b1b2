/**
 * The text of a graph: circles and ends first, then the tree.
 *
 * @module
 */

import { UNKNOWN } from "../waiting/words.ts";
import { componentsOf, findCircles } from "./circles.ts";
import { detailsOf, showDetails } from "./details.ts";
import { showPlace } from "./frames.ts";
import { type FutureNode, type Graph, TaskNode } from "./graph.ts";
import { endsOf, rootsOf } from "./layout.ts";
import { aboutOf, namesOf, showAll, Tree } from "./tree.ts";

/** From how many nodes on a tree has a list of its ends before it. */
const LONG = 9;

/** How many kinds of ends are listed. */
const MAX_ENDS = 5;

/** How many tasks of a circle are named at its beginning and at its end. */
const MAX_IN_CIRCLE = 4;

/** Shows a graph in lines, of which the first ones tell why nothing goes on. */
export function formatGraph(graph: Graph): string {
  const tasks = graph.tasks.length;
  const circles = findCircles(graph, componentsOf(graph));
  const tree = new Tree(graph).write(rootsOf(graph));
  // Not by spreading into a call: an engine takes a limited number of arguments.
  return [
    ...(tasks > 1 ? [`${tasks} tasks`] : []),
    ...circles.map(showCircle),
    ...(tree.size >= LONG ? [...showEnds(graph), ""] : []),
    ...tree.lines,
    ...(graph.isCut ? ["… and more"] : []),
  ].join("\n");
}

function showCircle(circle: readonly TaskNode[]): string {
  const [first] = circle;
  const name = `Circle ${first!.circle}`;
  if (circle.length === 1) return `${name}: ${first!.about.name} waits for itself`;
  const names = circle.map(({ about }) => about.name);
  const more = names.length - 2 * MAX_IN_CIRCLE;
  if (more > 0) names.splice(MAX_IN_CIRCLE, more, `… ${more} more …`);
  return `${name}, each waits for the next: ${[...names, names[0]].join(" → ")}`;
}

/** Lists what all tasks wait for in the end: first what nobody in the program may ever do. */
function showEnds(graph: Graph): string[] {
  const kinds = new Map<string, (TaskNode | FutureNode)[]>();
  for (const node of endsOf(graph)) {
    const key = `${rankOf(node)}${aboutOf(node)}\n${showDetails(graph, node).text}`;
    const kind = kinds.get(key);
    if (kind) kind.push(node);
    else kinds.set(key, [node]);
  }
  const sorted = [...kinds].sort(([a], [b]) => Number(a[0]) - Number(b[0]));
  const lines = sorted.slice(0, MAX_ENDS).map(([, nodes]) => showEnd(graph, nodes));
  const rest = sorted.length - MAX_ENDS;
  if (rest > 0) lines.push(`  … and for ${rest} more`);
  return lines.length > 0 ? ["At the end of the waits:", ...lines] : [];
}

function showEnd(graph: Graph, nodes: readonly (TaskNode | FutureNode)[]): string {
  const waiting = nodes.flatMap((node) => (node instanceof TaskNode ? node : node.awaiting) ?? []);
  const count = nodes.length > 1 ? `${nodes.length} × ` : "";
  const names = namesOf([...new Set(waiting)]);
  const [first] = nodes;
  const place = first instanceof TaskNode ? showPlace(detailsOf(graph, first).waitsAt[0]) : "";
  const who = [names, place].filter(Boolean).join(", at ");
  return `  ${count}${showAll(first!.words.text, nodes)}${who && ` (${who})`}`;
}

/** How soon an end may come by itself: a digit, the lowest for what may never come. */
function rankOf(node: TaskNode | FutureNode): number {
  const waits = node instanceof TaskNode ? node.about.waits.waits : undefined;
  if (waits?.length === 0) return node.words.text === UNKNOWN ? 1 : 3;
  const source = waits ? waits[0]!.source : (node as FutureNode).source;
  if (!source || source.holder) return 0;
  return source.operation === "sleep" || typeof source.due === "number" ? 3 : 2;
}
