/** Who makes our events: the OCSF product object and the version of the schema they follow. */
import type { OcsfProduct } from './event.ts';

export const ocsfVersion = '1.8.0';

/** The product named in `metadata.product` of every event Sallyport makes. */
export const sallyportProduct: OcsfProduct = Object.freeze({
  name: 'Sallyport',
  vendor_name: 'Sallyport',
  version: '0.1.0',
});
