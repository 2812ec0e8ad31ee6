/** What the page remembers of its reader: how it looks and which keys it takes. Nothing of any picture. */

/** What was remembered under a name; nothing where storage is forbidden. */
export function recall(name: string): string | undefined {
  try {
    return localStorage.getItem(name) ?? undefined;
  } catch {
    return undefined;
  }
}

/** Remembers a value, for as long as the page where storage is forbidden. */
export function remember(name: string, value: string): void {
  try {
    localStorage.setItem(name, value);
  } catch {
    // see above
  }
}
