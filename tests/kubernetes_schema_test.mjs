// Validates manifests with Kubernetes' schemas (from tools/fetch-kubernetes-schemas.sh): wrong types, missing fields, and
// fields that are not in the schema (a cluster would ignore those, with or without a warning).
//
//   node kubernetes_schema_test.mjs FOLDER-OF-schemas < MANIFESTS     a JSON array of { file, manifest }
import { readFileSync } from 'node:fs';
import { register } from 'node:module';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

const folder = process.argv[2];

// The validators import each other by package name, and another package for number formats.
const formats = `const within = (most) => ({ validate: (value) => Math.abs(value) <= most });
export const formats = { int32: within(2 ** 31), int64: within(2 ** 63), double: within(Infinity),
  quantity: { validate: /^[+-]?(\\d+(\\.\\d*)?|\\.\\d+)([KMGTPE]i|[numkMGTPE]|[eE][+-]?\\d+)?$/ }, byte: { validate: (value) => /^[A-Za-z0-9+/]*={0,2}$/.test(value) } };`;
const places = { '@kubernetes-models/apimachinery/': pathToFileURL(join(folder, 'apimachinery/')).href };
register(`data:text/javascript,${encodeURIComponent(`
const places = ${JSON.stringify(places)};
export const resolve = (name, context, next) => {
  if (name === '@kubernetes-models/validate') return { url: ${JSON.stringify(`data:text/javascript,${encodeURIComponent(formats)}`)}, shortCircuit: true };
  const start = Object.keys(places).find((place) => name.startsWith(place));
  return next(start ? places[start] + name.slice(start.length) + '.js' : name, context);
};`)}`);

const schemas = {
  'v1 Service': 'CoreV1Service', 'v1 PersistentVolumeClaim': 'CoreV1PersistentVolumeClaim', 'apps/v1 Deployment': 'AppsV1Deployment',
  'batch/v1 Job': 'BatchV1Job', 'policy/v1 PodDisruptionBudget': 'PolicyV1PodDisruptionBudget',
  'autoscaling/v2 HorizontalPodAutoscaler': 'AutoscalingV2HorizontalPodAutoscaler',
};

// Records which keys of a value were read: a validator reads every key of its schema.
function watched(value, path, unread) {
  if (value === null || typeof value !== 'object') return value;
  const copy = Array.isArray(value) ? [] : {};
  for (const [key, inner] of Object.entries(value)) {
    const at = `${path}.${key}`;
    const watcher = watched(inner, at, unread);
    if (Array.isArray(value)) {
      copy[key] = watcher;
      continue;
    }
    unread.add(at);
    Object.defineProperty(copy, key, { enumerable: true, get: () => { unread.delete(at); return watcher; } });
  }
  return copy;
}

export async function problemsOf(manifest) {
  const kind = `${manifest.apiVersion} ${manifest.kind}`;
  if (!schemas[kind]) return [`no schema of ${kind} is known`];
  const { validate } = await import(pathToFileURL(join(folder, 'models/_schemas', `IoK8sApi${schemas[kind]}.js`)).href);
  const unread = new Set();
  const isValid = validate(watched(manifest, '', unread));
  const wrong = isValid ? [] : validate.errors.map(({ instancePath, keyword, params }) => `${instancePath} ${keyword} ${JSON.stringify(params)}`);
  // Values of a map (labels, limits) are read by name. Below an unknown key nothing is read; its name is enough.
  const unknown = [...unread].filter((at) => ![...unread].some((other) => at.startsWith(`${other}.`)));
  return [...wrong, ...unknown.map((at) => `${at.slice(1)} is no field of ${kind}`)];
}

// Errors that the check must find; otherwise it checks nothing.
const deployment = (change) => {
  const pod = { containers: [{ name: 'a', image: 'a', resources: { limits: { memory: '1Gi' } } }] };
  const manifest = { apiVersion: 'apps/v1', kind: 'Deployment', metadata: { name: 'a', labels: { app: 'a' } },
    spec: { selector: { matchLabels: { app: 'a' } }, template: { metadata: { labels: { app: 'a' } }, spec: pod } } };
  change(manifest, pod);
  return manifest;
};
const tried = [
  [() => {}, 0], [(_, pod) => { pod.terminationGracePeriodSecond = 5; }, 1], [(_, pod) => { pod.containers[0].readOnly = true; }, 1],
  [(manifest) => { delete manifest.spec.selector; }, 1], [(manifest) => { manifest.spec.replicas = 'two'; }, 1],
];

const failures = [];
for (const [change, num] of tried) {
  const found = await problemsOf(deployment(change));
  if (found.length < num || (num === 0 && found.length > 0)) failures.push(`the checker itself: ${change} gave ${found}`);
}
for (const { file, manifest } of JSON.parse(readFileSync(0, 'utf8'))) {
  for (const problem of await problemsOf(manifest)) failures.push(`${file}: ${manifest.metadata.name}: ${problem}`);
}
for (const failure of failures) console.log(failure);
process.exit(failures.length > 0 ? 1 : 0);
