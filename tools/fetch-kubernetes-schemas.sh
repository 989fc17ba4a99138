#!/usr/bin/env bash
# Downloads Kubernetes' schemas to .deps/kubernetes, as compiled validators of the npm package kubernetes-models. A test
# validates the manifests of deploy/ with them.
set -euo pipefail
cd "$(dirname "$0")/.."
source tools/from-npm.sh

arrange_models() {  # PACKAGE NEW
  cp -r "$1/_schemas" "$1/package.json" "$1/LICENSE" "$2/"
}
from_npm kubernetes-models 5.1.0 a7b5c0d34639c52699fc2998879590b20d57558598fb35b219b3e5a5871aa0c0 kubernetes/models arrange_models
from_npm @kubernetes-models/apimachinery 3.0.2 c4cbb5e7021158d1279180ccb7abb31ae0467165217eced89a9ec9273362227e \
  kubernetes/apimachinery arrange_models
