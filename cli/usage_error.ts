/** The command line was not understood; its message goes to the user as it is. */
export class UsageError extends Error {
  /** A second line that says the way out. */
  readonly hint: string | undefined;

  /** Makes an error from what was wrong and, where there is one, the way out. */
  constructor(message: string, hint?: string) {
    super(message);
    this.name = "UsageError";
    this.hint = hint;
  }
}
