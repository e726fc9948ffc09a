// The manifests of the recipe for Kubernetes, against the schemas of their kinds. Usage: node manifests.mjs FILE
import fs from "node:fs";
import * as yaml from "js-yaml";

const groups = {
  "apps/v1": "kubernetes-models/apps/v1",
  v1: "kubernetes-models/v1",
  "networking.k8s.io/v1": "kubernetes-models/networking.k8s.io/v1",
  "gateway.envoyproxy.io/v1alpha1": "@kubernetes-models/envoy-gateway/gateway.envoyproxy.io/v1alpha1",
};

async function validate(manifest) {
  const kind = (await import(groups[manifest.apiVersion]))[manifest.kind];
  // Throws for a value of another type, and for a member that is missing.
  await new kind(manifest).validate();
}

const manifests = yaml.loadAll(fs.readFileSync(process.argv[2], "utf8"));
for (const manifest of manifests) await validate(manifest);
// The check can fail.
for (const manifest of structuredClone(manifests)) {
  if (manifest.spec.extAuth) manifest.spec.extAuth.failOpen = "no";
  else if (manifest.spec.template) delete manifest.spec.selector;
  else continue;
  const isCaught = await validate(manifest).then(() => false, () => true);
  if (!isCaught) throw new Error(`a wrong ${manifest.kind} is not caught`);
}
if (manifests.length !== 5) throw new Error(`${manifests.length} manifests`);
console.log(`${manifests.length} manifests have the form of their kinds`);
