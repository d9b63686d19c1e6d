/** Answers as plain JSON: integers beyond 2^53 become text, which every reader keeps. */
export const toPlain = <T extends object>(answer: T): T =>
  JSON.parse(
    JSON.stringify(answer, (_key, value: unknown) =>
      typeof value === 'bigint' ? value.toString() : value,
    ),
  ) as T;
