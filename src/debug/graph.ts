/**
 * The graph of what waits on what: the tasks, and the futures that functions such as `gather()` wait
 * for. Made from the tasks downwards, when somebody asks.
 *
 * @module
 */

import type { Future } from "../../future.ts";
import type { CancelTarget } from "../future/cancel_target.ts";
import type { Source } from "../future/internals.ts";
import { allRunningLoops } from "../loop/running.ts";
import { aliveOn, cancellationOf } from "../task/internals.ts";
import type { Task } from "../task/task.ts";
import {
  type Bottom,
  codeOfBody,
  futuresOf,
  isOfSeveral,
  isPending,
  isTask,
} from "../waiting/waits.ts";
import { Describer, type TaskWords, type Words } from "../waiting/words.ts";

/** A node of the graph. Its fields are complete once the graph is made. */
export class Node {
  /** What the node waits on. */
  readonly edges: Node[] = [];
  /** The tasks that have the locks which the node waits for. */
  holders: TaskNode[] | undefined = undefined;
  /** The number of the circle that the node is in, from 1 on; 0 if it is in none. */
  circle = 0;
  /** The number of the group of nodes that wait on each other; set by `componentsOf()`. */
  component = -1;
}

/** A task that is not done, or the body of a scope, if the graph was asked for that. */
export class TaskNode extends Node {
  readonly task: Task<unknown>;
  about!: TaskWords;
  /** Whether something waits on the task, other than for a lock. */
  isAwaited = false;

  constructor(task: Task<unknown>) {
    super();
    this.task = task;
  }

  get words(): Words {
    return this.about.words;
  }
}

/** A future that is not a task, and that a function such as `gather()` waits for. */
export class FutureNode extends Node {
  readonly future: CancelTarget;
  words!: Words;
  /** What settles the future. */
  source: Source | undefined = undefined;
  /** The task that awaits the function; `undefined` if the graph was asked for the future. */
  readonly awaiting: TaskNode | undefined;

  constructor(future: CancelTarget, awaiting: TaskNode | undefined) {
    super();
    this.future = future;
    this.awaiting = awaiting;
  }
}

/** The futures that a function such as `gather()` waits for: one node, however many wait. */
export class ListNode extends Node {
  readonly source: Source;
  /** The task that awaits the function. */
  readonly awaiting: TaskNode | undefined;

  constructor(source: Source, awaiting: TaskNode | undefined) {
    super();
    this.source = source;
    this.awaiting = awaiting;
  }
}

/** Options of {@linkcode Graph}. */
interface GraphOptions {
  /** The most nodes. Default: no limit. */
  limit?: number;
  /** Whether to note the futures that are no nodes. */
  withSteps?: boolean;
}

/** The graph of all that some futures wait on. */
export class Graph {
  /** In the order in which they were found; those that were asked for come first. */
  readonly nodes: Node[] = [];
  /** The futures that are no nodes, and the nodes that wait on them; `undefined` if not noted. */
  readonly steps: Map<CancelTarget, Node[]> | undefined;
  /** Whether there would be more nodes. */
  isCut = false;
  readonly describer: Describer;
  readonly #byFuture = new Map<object, Node>();
  readonly #limit: number;
  /** The node whose edges are being made. */
  #current!: Node;

  /** @param futures The futures, most of them tasks. Those that are done are left out. */
  constructor(futures: Iterable<Future<unknown>>, options: GraphOptions = {}) {
    const { limit = Infinity, withSteps = false } = options;
    this.#limit = limit;
    this.steps = withSteps ? new Map() : undefined;
    this.describer = new Describer(withSteps ? (step) => this.#noteStep(step) : undefined);
    for (const future of futures) {
      if (isPending(future)) this.#nodeOf(future, undefined);
    }
    // More nodes are added meanwhile.
    for (const node of this.nodes) {
      this.#current = node;
      if (node instanceof TaskNode) this.#expandTask(node);
      else if (node instanceof FutureNode) this.#expandFuture(node);
      else this.#expandList(node as ListNode);
    }
  }

  /** The tasks, in the order in which they were found. */
  get tasks(): TaskNode[] {
    return this.nodes.filter((node): node is TaskNode => node instanceof TaskNode);
  }

  /** Returns the node of a future, if the future is one. */
  find(future: object): Node | undefined {
    return this.#byFuture.get(future);
  }

  #noteStep(step: CancelTarget): void {
    const waiting = this.steps!.get(step);
    if (waiting) waiting.push(this.#current);
    else this.steps!.set(step, [this.#current]);
  }

  #expandTask(node: TaskNode): void {
    const { waits, groups } = (node.about = this.describer.task(node.task)).waits;
    for (const wait of waits) this.#link(node, wait, node);
    for (const group of groups) this.#addList(node, group, node);
  }

  #expandFuture(node: FutureNode): void {
    const { future, awaiting } = node;
    const described = this.describer.future(future as Future<unknown>, awaiting?.task);
    const { bottom, waits, words } = described;
    node.words = words;
    node.source = bottom.source;
    for (const wait of waits?.waits ?? [bottom]) this.#link(node, wait, awaiting);
    if (isOfSeveral(bottom.source) && waits) this.#addList(node, bottom.source!, awaiting);
    for (const group of waits?.groups ?? []) this.#addList(node, group, awaiting);
  }

  #expandList(node: ListNode): void {
    for (const future of futuresOf(node.source)) {
      if (isPending(future)) this.#addEdge(node, this.#nodeOf(future, node.awaiting));
    }
  }

  /** Adds the edges to what a wait comes down to. */
  #link(node: Node, { target, source }: Bottom, awaiting: TaskNode | undefined): void {
    if (isTask(target) && isPending(target)) return this.#addEdge(node, this.#nodeOf(target));
    if (target !== (node as FutureNode).future) this.describer.onStep?.(target);
    if (!source) return;
    // A scope that another task has opened, and whose future this one awaits.
    const owner = codeOfBody(source.body)?.task;
    // The body of a scope, which a graph may be asked for, is a part of the task around.
    const own = awaiting && cancellationOf(awaiting.task).task;
    if (owner && owner !== own) this.#addEdge(node, this.#nodeOf(owner));
    if (isOfSeveral(source)) this.#addList(node, source, awaiting);
    const holder = source.holder?.()?.task;
    const holding = holder && this.#nodeOf(holder);
    if (holding) (node.holders ??= []).push(holding as TaskNode);
  }

  #addEdge(node: Node, other: Node | undefined): void {
    if (!other) return;
    node.edges.push(other);
    if (other instanceof TaskNode) other.isAwaited = true;
  }

  /** Adds an edge to the list of an operation, which many may wait for, as for `asCompleted()`. */
  #addList(node: Node, source: Source, awaiting: TaskNode | undefined): void {
    const futures = futuresOf(source);
    let list = this.#byFuture.get(futures);
    if (!list) this.#byFuture.set(futures, list = this.#add(new ListNode(source, awaiting)));
    node.edges.push(list);
  }

  /** Returns the node of a future that is not done. */
  #nodeOf(future: CancelTarget, awaiting?: TaskNode): Node | undefined {
    let node = this.#byFuture.get(future);
    if (!node && this.nodes.length < this.#limit) {
      node = this.#add(isTask(future) ? new TaskNode(future) : new FutureNode(future, awaiting));
      this.#byFuture.set(future, node);
    }
    this.isCut ||= !node;
    return node;
  }

  #add(node: Node): Node {
    this.nodes.push(node);
    return node;
  }
}

/** The tasks of all running loops that are not done. */
export function aliveTasks(): Task<unknown>[] {
  return [...allRunningLoops].flatMap((loop) => aliveOn(loop));
}
