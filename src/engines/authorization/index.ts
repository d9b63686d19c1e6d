/** Authorization: policy sets that decide. The public door `sallyport/authorization`. */
export type {
  CedarValue,
  Decision,
  Entity,
  EntityRef,
  Obligation,
  PolicyError,
  PolicyRequest,
  Reason,
} from './types.ts';
