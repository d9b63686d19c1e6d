/** How the reader gives up; caught where expressions come in, never seen outside. */
export class SyntaxFailure extends Error {
  override readonly name = 'SyntaxFailure';
  readonly at: number;
  readonly isLimit: boolean;

  constructor(message: string, at: number, isLimit = false) {
    super(message);
    this.at = at;
    this.isLimit = isLimit;
  }
}
