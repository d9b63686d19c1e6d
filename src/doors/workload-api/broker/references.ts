/** Workload references as brokers send them (rules BR-05 to BR-14), parsed once. */
import { fromBinary } from '@bufbuild/protobuf';
import type { Any } from '@bufbuild/protobuf/wkt';
import type { ConnectError } from '@connectrpc/connect';
import {
  type KubernetesObjectReference,
  KubernetesObjectReferenceSchema,
  type WorkloadReference as WireReference,
  WorkloadPIDReferenceSchema,
} from '../generated/broker_pb.ts';
import { invalid, withReason } from '../status.ts';
import type { WorkloadReference } from '../types.ts';

const maxNameLength = 253;
const prefix = 'type.googleapis.com/';

const bad = (what: string): ConnectError => withReason(invalid(what), 'WORKLOAD_REFERENCE_INVALID');

/** Names of Kubernetes: short, without anything that could leave a path or a query. */
const isName = (text: string): boolean =>
  text.length <= maxNameLength && /^[A-Za-z0-9][A-Za-z0-9._:-]*$/.test(text);

const readKey = ({ key }: KubernetesObjectReference) => {
  if (key === undefined) return {};
  if (!isName(key.name)) throw bad('key.name is missing or malformed (BR-14)');
  if (key.namespace === '') return { key: { name: key.name } };
  if (!isName(key.namespace)) throw bad('key.namespace is malformed (BR-14)');
  return { key: { name: key.name, namespace: key.namespace } };
};

const readObject = (reference: KubernetesObjectReference): WorkloadReference => {
  const { type, uid } = reference;
  if (type === undefined || !isName(type.plural) || !isName(type.group))
    throw bad('type.plural and type.group are required; the core group is `core` (BR-11)');
  const key = readKey(reference);
  if (!('key' in key) && uid === '') throw bad('key or uid is required (BR-12)');
  if (uid !== '' && !isName(uid)) throw bad('uid is malformed');
  const { plural, group } = type;
  return { kind: 'kubernetes', plural, group, ...key, ...(uid === '' ? {} : { uid }) };
};

const decode = <T>(read: () => T): T => {
  try {
    return read();
  } catch {
    throw bad('the reference cannot be decoded');
  }
};

const readAny = ({ typeUrl, value }: Any): WorkloadReference => {
  const name = typeUrl.startsWith(prefix) ? typeUrl.slice(prefix.length) : '';
  if (name === WorkloadPIDReferenceSchema.typeName) {
    const { pid } = decode(() => fromBinary(WorkloadPIDReferenceSchema, value));
    if (pid <= 0) throw bad('pid must be positive (BR-08)');
    return { kind: 'pid', pid };
  }
  if (name === KubernetesObjectReferenceSchema.typeName)
    return readObject(decode(() => fromBinary(KubernetesObjectReferenceSchema, value)));
  throw bad('unknown type of reference (BR-06)');
};

/** @throws ConnectError INVALID_ARGUMENT with reason WORKLOAD_REFERENCE_INVALID */
export const readReference = (wire: WireReference | undefined): WorkloadReference => {
  if (wire?.reference === undefined) throw bad('a workload reference is required (BR-05)');
  return readAny(wire.reference);
};
