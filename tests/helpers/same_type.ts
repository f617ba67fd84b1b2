/** Does not compile unless the two types are the same. */
export function assertSameType<A, B>(
  ..._: (<T>() => T extends A ? 1 : 2) extends (<T>() => T extends B ? 1 : 2) ? []
    : ["the types differ"]
): void {}
