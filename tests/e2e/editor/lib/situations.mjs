/** Places in the sample where it is plain what comes next: every test of the inventory begins with the same line. */

export const TYPED = "inventory = ";
export const OFFERED = "stocked_inventory()";

/** Returns a test module that ends where `TYPED` belongs. */
export function moduleBeforeTyping(name) {
  return `from tests.examples import stocked_inventory\n\n\ndef test_${name}():\n    `;
}
