/** Workload attestation: what /proc says, when it counts, and who a peer is without credentials. */
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { type Socket } from 'node:net';
import { describe, it } from 'node:test';
import { peerErrors } from '../../../src/platform/peer-credentials/index.ts';
import { fakePeerCredentials } from '../../../src/platform/peer-credentials/fake.ts';
import {
  createReferenceAttestor,
  createWorkloadAttestor,
  identifyPeer,
} from '../../../src/doors/agent/index.ts';
import { parseCgroup } from '../../../src/doors/agent/workloads/cgroup.ts';
import { parseStartTime, parseStatus } from '../../../src/doors/agent/workloads/proc.ts';
import { isRefusal, orThrow, refuse } from '../../../src/kernel/errors.ts';

const id = 'a'.repeat(64);
const uid = '6a1b2c3d-0000-4000-8000-0123456789ab';

describe('/proc', () => {
  it('gives uid, gid, groups and start time', () => {
    const text = 'Name:\tx\nUid:\t1\t1000\t1\t1\nGid:\t2\t50\t2\t2\nGroups:\t4 27 \n';
    assert.deepEqual(parseStatus(text), { uid: 1000, gid: 50, groups: [4, 27] });
    assert.deepEqual(parseStatus('Name:\tUid:\t0\n'), undefined);
    const fields = Array.from({ length: 30 }, (_, at) => String(at + 3));
    assert.equal(parseStartTime(`7 (a) b (c) S ${fields.slice(1).join(' ')}`), '22');
    assert.equal(parseStartTime('nonsense'), undefined);
  });

  const cases: readonly (readonly [string, string, object])[] = [
    [
      'a systemd service',
      '0::/system.slice/nginx.service\n',
      { path: '/system.slice/nginx.service', systemdUnit: 'nginx.service' },
    ],
    [
      'docker under systemd',
      `0::/system.slice/docker-${id}.scope\n`,
      { path: `/system.slice/docker-${id}.scope`, containerId: id },
    ],
    [
      'a pod of the systemd driver',
      `0::/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod${uid.replaceAll('-', '_')}.slice/cri-containerd-${id}.scope\n`,
      { containerId: id, podUid: uid },
    ],
    [
      'a pod of the cgroupfs driver',
      `0::/kubepods/besteffort/pod${uid}/${id}\n`,
      { containerId: id, podUid: uid },
    ],
    ['the old layout', `1:name=systemd:/system.slice/a.service\n`, { systemdUnit: 'a.service' }],
    ['a path out of the namespace', '0::/../../system.slice/a.service\n', {}],
    [
      'a unit that a user named',
      '0::/user.slice/user-1.slice/a.service\n',
      { path: '/user.slice/user-1.slice/a.service' },
    ],
    [
      'a container id of the wrong form',
      `0::/x/evil-${id}.scope\n`,
      { path: `/x/evil-${id}.scope` },
    ],
    ['nothing', '', {}],
  ];
  for (const [name, text, expected] of cases)
    it(`reads ${name}`, () => {
      const { path, ...found } = parseCgroup(text);
      const wanted = expected as { readonly path?: string };
      assert.deepEqual('path' in wanted ? { ...found, path } : found, expected);
    });
});

describe('workload attestation', () => {
  const peer = { uid: 1000, gid: 50, pid: process.pid, pidfd: 99, socket: '/run/x/web.sock' };
  const socketName = (path: string) => (path === peer.socket ? 'web' : undefined);

  it('tells path and digest of the program that runs, for a peer with a pidfd', async () => {
    const attest = createWorkloadAttestor({ credentials: fakePeerCredentials(), socketName });
    const { selectors, instance } = orThrow(await attest(peer));
    const digest = createHash('sha256').update(readFileSync(process.execPath)).digest('hex');
    for (const wanted of [
      'unix:uid:1000',
      'unix:gid:50',
      'socket:web',
      `unix:path:${process.execPath}`,
      `unix:sha256:${digest}`,
    ])
      assert.ok(selectors.has(wanted), wanted);
    assert.match(instance, new RegExp(`^${process.pid}-\\d+$`));
  });

  it('believes nothing under /proc without a pidfd', async () => {
    const attest = createWorkloadAttestor({ credentials: fakePeerCredentials(), socketName });
    const { pidfd: _pidfd, ...bare } = peer;
    const { selectors } = orThrow(await attest(bare));
    assert.deepEqual([...selectors].sort(), ['socket:web', 'unix:gid:50', 'unix:uid:1000']);
  });

  it('refuses a peer whose number was given to another process meanwhile', async () => {
    const credentials = { isStillRunning: () => false };
    const attest = createWorkloadAttestor({ credentials, socketName });
    assert.ok(isRefusal(await attest(peer)));
  });

  it('adds what the kubelet says of exactly this container', async () => {
    const proc = {
      root: 'test/doors/agent/proc',
      readExecutable: () => Promise.resolve(undefined),
    };
    const pod = {
      metadata: { uid, name: 'web-1', namespace: 'prod', labels: { app: 'web' } },
      spec: { serviceAccountName: 'web', nodeName: 'n1' },
      status: {
        containerStatuses: [{ name: 'main', image: 'i', containerID: `containerd://${id}` }],
      },
    };
    const listPods = () => Promise.resolve({ items: [pod] });
    const credentials = fakePeerCredentials();
    const attest = createWorkloadAttestor({ credentials, socketName, listPods, proc });
    const found = orThrow(await attest({ ...peer, pid: 7 }));
    assert.ok(found.selectors.has('k8s:ns:prod'));
    assert.ok(found.selectors.has('k8s:pod-label:app:web'));
    assert.ok(found.selectors.has('k8s:container-name:main'));
    const other = orThrow(await attest({ ...peer, pid: 8 }));
    assert.equal(
      [...other.selectors].some((one) => one.startsWith('k8s:')),
      false,
    );
  });
});

describe('a workload that a broker names', () => {
  it('is the process of that number, as /proc says', async () => {
    const attest = createReferenceAttestor();
    const { selectors } = orThrow(await attest({ kind: 'pid', pid: process.pid }));
    assert.ok(selectors.has(`unix:uid:${process.getuid?.()}`));
    assert.ok(selectors.has(`unix:path:${process.execPath}`));
  });

  it('is refused when it is not there, or is no pod of this node', async () => {
    const attest = createReferenceAttestor({ listPods: () => Promise.resolve({ items: [] }) });
    const pod = { kind: 'kubernetes', plural: 'pods', group: 'core', uid } as const;
    for (const reference of [{ kind: 'pid', pid: 4_194_305 } as const, pod])
      assert.ok(isRefusal(await attest(reference)));
  });
});

describe('a peer without credentials', () => {
  const none = refuse(peerErrors.E_PEER_UNSUPPORTED, 'no ffi');
  const socket = {} as Socket;
  const place = { kind: 'unix', path: '/run/web.sock' } as const;

  it('is the owner of a socket that only the owner can open', () => {
    const peer = identifyPeer(none)(socket, { ...place, uid: 1000 });
    assert.deepEqual(peer, { uid: 1000, gid: 1000, pid: 0, socket: place.path });
  });

  const refused = [place, { ...place, uid: 1000, mode: 0o660 }, { ...place, mode: 0o600 }];
  for (const one of refused)
    it(`is refused at ${JSON.stringify(one)}`, async () => {
      assert.ok(isRefusal(await identifyPeer(none)(socket, one)));
    });
});
