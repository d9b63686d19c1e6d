/**
 * Bounds of what the readers accept, so that neither they nor those who walk the trees run out of
 * stack or memory. Each is beyond what the oracle survives or what policies need.
 */

/** UTF-16 units of one source. */
export const maxSourceLength = 64 * 1024 * 1024;
/** Parser nesting: brackets count two, `if` counts one. */
export const maxNesting = 512;
/** Height of an expression tree; a chain of n operators is n high. */
export const maxHeight = 1000;
/** Errors reported of one source. */
export const maxErrors = 20;
/** Nested arrays and objects of a policy in JSON: two or three for each level of an expression. */
export const maxJsonDepth = 2 * maxHeight + 100;
