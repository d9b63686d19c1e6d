/** Two small bridges from the kernel's DER reader to this engine. */
import { type DerElement, DerReader } from '../../kernel/der-reader.ts';
import { isRefusal, kernelErrors, type Refusal, refuse } from '../../kernel/errors.ts';
import { pkiErrors } from './errors.ts';

/** Our structures are never deeper below one element. */
const maxDepth = 16;

/** A reader over the contents of an element whose raw bytes were needed as well. */
export const insideOf = (element: DerElement): DerReader =>
  new DerReader(element.contents, { start: 0, end: element.contents.length, depth: maxDepth });

/** Gives the kernel's E_MALFORMED the name by which callers of this engine know it. */
export const asMalformed = <T>(value: T | Refusal): T | Refusal =>
  isRefusal(value) && value.error === kernelErrors.E_MALFORMED
    ? refuse(pkiErrors.E_PKI_MALFORMED, value.detail, value.data)
    : value;
