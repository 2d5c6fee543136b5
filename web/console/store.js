// What the tab keeps until it is closed. Where the browser forbids that, the page keeps it as long as it is not loaded anew.

/** As `sessionStorage`. */
export const store = usable() ?? new Memory();

function usable() {
  try {
    sessionStorage.setItem('console.probe', '');
    sessionStorage.removeItem('console.probe');
    return sessionStorage;
  } catch {
    return null;
  }
}

function Memory() {
  const items = new Map();
  this.getItem = (name) => items.get(name) ?? null;
  this.setItem = (name, value) => items.set(name, value);
  this.removeItem = (name) => items.delete(name);
}
