"""The chart as it is rendered: what each pod may do, what it is told, and that nothing in the repository is older than the chart."""

import json
import os
import re
import shutil
import subprocess
from typing import Any

import msgspec
import pytest
import yaml

from backbone.settings import Settings
from services.__main__ import SERVICES as KNOWN
from tests.deploy.objects import CHART, COMPONENT, ROOT, SERVICES, Object, minikube, of_kind, pods, production, selects
from tools.describe_chart import schema_of, told
from tools.render_chart import MINIKUBE, STAMP, checksum

RENDERED = {"minikube": minikube, "production": production}
SETTINGS = {f"ROWMILL_{field.name.upper()}" for field in msgspec.structs.fields(Settings)}
ALL_URLS = ["events.url=kafka://k:9092", "postgres.url=p", "files.url=f", "search.url=s"]
OWN_IMAGES = re.compile(r"^(REGISTRY/)?rowmill:")


@pytest.fixture(params=sorted(RENDERED))
def objects(request: pytest.FixtureRequest) -> list[Object]:
    return RENDERED[request.param]()


def test_what_was_rendered_is_the_chart() -> None:
    assert (MINIKUBE / STAMP).read_text().strip() == checksum(), "the chart has changed since; `make chart` renders k8s/ anew"


def test_values_are_described_as_they_are() -> None:
    text = (CHART / "values.yaml").read_text()
    schema = json.loads((CHART / "values.schema.json").read_text())
    described = schema_of(yaml.safe_load(text), (), told(text))
    assert {name: schema["properties"][name] for name in described["properties"]} == described["properties"], (
        "`make chart` writes the schema"
    )


def test_every_pod_is_restricted(objects: list[Object]) -> None:
    for name, template in pods(objects):
        spec = template["spec"]
        security = spec["securityContext"]
        assert security["runAsNonRoot"] is True, name
        assert security["seccompProfile"] == {"type": "RuntimeDefault"}, name
        assert spec["automountServiceAccountToken"] is False, name
        for container in spec["containers"]:
            assert container["securityContext"]["allowPrivilegeEscalation"] is False, name
            assert container["securityContext"]["capabilities"] == {"drop": ["ALL"]}, name
            assert {"memory", "ephemeral-storage"} <= container["resources"]["limits"].keys(), name
            assert {"cpu", "memory", "ephemeral-storage"} <= container["resources"]["requests"].keys(), name
            if OWN_IMAGES.match(container["image"]):
                assert security["runAsUser"] > 10_000, name
                assert container["securityContext"]["readOnlyRootFilesystem"] is True, name


def test_no_pod_is_told_of_services_by_variables(objects: list[Object]) -> None:
    """Kubernetes would make ROWMILL_UPLOAD_SERVICE_HOST and the like of them, and a process refuses a setting that it does not know."""
    assert [name for name, template in pods(objects) if template["spec"].get("enableServiceLinks") is not False] == []


def test_what_pods_are_told_are_settings(objects: list[Object]) -> None:
    names = {
        variable["name"]
        for _, template in pods(objects)
        for container in template["spec"]["containers"]
        for variable in container.get("env", [])
    }
    names |= {name for config in of_kind(objects, "ConfigMap") for name in config["data"] if name.startswith("ROWMILL_")}
    assert {name for name in names if name.startswith("ROWMILL_")} - SETTINGS <= {
        "ROWMILL_URL",
        "ROWMILL_KEY",
    }  # the client's, in the test pod


def test_every_pod_has_policies_of_its_own_in_both_directions(objects: list[Object]) -> None:
    policies = of_kind(objects, "NetworkPolicy")
    for name, template in pods(objects):
        selecting = [policy for policy in policies if selects(policy, template)]
        assert {direction for policy in selecting for direction in policy["spec"]["policyTypes"]} == {"Ingress", "Egress"}, name
        assert any(COMPONENT in policy["spec"]["podSelector"]["matchLabels"] for policy in selecting), name


def test_only_those_that_need_a_server_may_reach_it() -> None:
    asked = {
        policy["metadata"]["labels"][COMPONENT]: {
            peer["podSelector"]["matchLabels"][COMPONENT]
            for rule in policy["spec"].get("ingress", [])
            for peer in rule.get("from", [])
            if "podSelector" in peer
        }
        for policy in of_kind(minikube(), "NetworkPolicy")
    }
    assert asked["postgres"] == {*SERVICES, "migrate"}
    assert asked["elasticsearch"] == {"indexer", "query"}
    assert asked["minio"] == asked["kafka"] - {"kafka"} == set(SERVICES)
    assert asked["upload"] == asked["query"] == {"web"}
    assert asked["parser"] == asked["indexer"] == set()


def test_a_service_of_the_image_for_each_of_the_code(objects: list[Object]) -> None:
    args = [template["spec"]["containers"][0].get("args") for _, template in pods(of_kind(objects, "Deployment"))]
    assert sorted(given[1] for given in args if given) == sorted(KNOWN)


def test_pods_end_gracefully(objects: list[Object]) -> None:
    """Told to go, a pod is still sent requests for a moment; then it has 17 s for requests and 20 s for events in hand, and leaves its groups."""
    for name, template in pods(of_kind(objects, "Deployment")):
        spec = template["spec"]
        pause_s = spec["containers"][0]["lifecycle"]["preStop"]["sleep"]["seconds"]
        assert pause_s >= 5, name
        assert spec["terminationGracePeriodSeconds"] >= pause_s + 17 + 20 + 10, name


def test_probes_ask_each_for_what_it_is_for(objects: list[Object]) -> None:
    for name, template in pods(of_kind(objects, "Deployment")):
        container = template["spec"]["containers"][0]
        if not OWN_IMAGES.match(container["image"]):
            continue
        paths = {probe: container[probe]["httpGet"]["path"] for probe in ("startupProbe", "livenessProbe", "readinessProbe")}
        assert paths == {"startupProbe": "/health/live", "livenessProbe": "/health/live", "readinessProbe": "/health/ready"}, name


def test_replicas_are_left_to_an_autoscaler_that_is_there(objects: list[Object]) -> None:
    scaled = {scaler["spec"]["scaleTargetRef"]["name"] for scaler in of_kind(objects, "HorizontalPodAutoscaler")}
    for deployment in of_kind(objects, "Deployment"):
        assert ("replicas" in deployment["spec"]) != (deployment["metadata"]["name"] in scaled), deployment["metadata"]["name"]


def test_parsers_are_no_more_than_a_topic_has_partitions(objects: list[Object]) -> None:
    (parser,) = (found for found in of_kind(objects, "HorizontalPodAutoscaler") if found["metadata"]["name"] == "rowmill-parser")
    assert parser["spec"]["maxReplicas"] <= 64


def test_what_can_be_away_at_once_is_bounded_in_production() -> None:
    budgets = {found["metadata"]["name"]: found["spec"]["maxUnavailable"] for found in of_kind(production(), "PodDisruptionBudget")}
    assert budgets == {f"rowmill-{name}": 1 for name in (*SERVICES, "web")}


def test_minikube_begins_with_the_configuration() -> None:
    paths = sorted(path.relative_to(MINIKUBE).as_posix() for path in MINIKUBE.rglob("*.yaml"))
    assert paths[0] == "config/app-config.yaml"
    first = yaml.safe_load((MINIKUBE / paths[0]).read_text())
    assert (first["kind"], first["metadata"]["name"]) == ("ConfigMap", "app-config")


def test_no_secret_of_production_lies_in_the_chart() -> None:
    (secret,) = of_kind(production(), "Secret")
    assert secret["data"].keys() == {"secret", "admin-key", "metrics-key"}  # generated when it is installed


def test_the_chart_has_a_test() -> None:
    """`helm test` is content where there is none."""
    hooks = [found for found in of_kind(production(), "Pod") if found["metadata"]["annotations"].get("helm.sh/hook") == "test"]
    assert len(hooks) == 1


def test_rules_and_dashboards_go_with_the_chart_as_they_are() -> None:
    (rules,) = of_kind(production(), "PrometheusRule")
    assert rules["spec"] == yaml.safe_load((CHART / "monitoring" / "rules.yaml").read_text())
    given = {name: text for found in of_kind(production(), "ConfigMap") for name, text in found["data"].items() if name.endswith(".json")}
    assert given == {path.name: path.read_text() for path in (CHART / "monitoring" / "dashboards").glob("*.json")}


def has_helm() -> bool:
    if shutil.which("helm") is not None:
        return True
    assert "ROWMILL_TEST_REQUIRE_HELM" not in os.environ, "helm is to be here, and is not"
    return False


def template(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = ["helm", "template", "rowmill", str(CHART), "--kube-version", "1.34.0", *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)


@pytest.mark.skipif(not has_helm(), reason="helm is not here; a checksum holds k8s/ to the chart all the same")
class TestWithHelm:
    def test_a_misspelt_value_is_refused(self) -> None:
        done = template("--values", str(CHART / "values-minikube.yaml"), "--set", "parser.autoscalling.min=3")
        assert "autoscalling" in done.stderr

    @pytest.mark.parametrize(
        ("values", "sentence"),
        [
            ([], "events.url is missing"),
            (["events.url=postgres:"], "Where is PostgreSQL?"),
            (["events.url=postgres:", "postgres.existingSecret=p"], "Where do files go?"),
            (["events.url=postgres:", "postgres.existingSecret=p", "files.existingSecret=f"], "Where is Elasticsearch?"),
            (["operators.cloudnativepg.enabled=true"], "needs CloudNativePG"),
            (["operators.strimzi.enabled=true", "operators.eck.enabled=true"], "needs"),
            ([*ALL_URLS, "keda.enabled=true"], "needs KEDA"),
            ([*ALL_URLS, "monitoring.serviceMonitor.enabled=true"], "needs the Prometheus operator"),
            ([*ALL_URLS, "monitoring.rules.enabled=true"], "needs the Prometheus operator"),
        ],
    )
    def test_what_is_missing_is_said_in_a_sentence(self, values: list[str], sentence: str) -> None:
        done = template(*(part for value in values for part in ("--set", value)))
        assert done.returncode != 0
        assert sentence in done.stderr

    def test_settings_keep_their_digits(self) -> None:
        done = template("--values", str(CHART / "values-minikube.yaml"), "--set", "settings.file_bytes_max=107374182400")
        config: Any = next(found for found in yaml.safe_load_all(done.stdout) if found and found["metadata"]["name"] == "app-config")
        assert config["data"]["ROWMILL_FILE_BYTES_MAX"] == "107374182400"

    def test_a_topic_is_scaled_by_under_its_prefix(self) -> None:
        given = [*ALL_URLS, "keda.enabled=true", "events.url=kafka://k:9092/team"]
        done = template("--api-versions", "keda.sh/v1alpha1", *(part for value in given for part in ("--set", value)))
        scaled = {
            found["metadata"]["name"]: found for found in yaml.safe_load_all(done.stdout) if found and found["kind"] == "ScaledObject"
        }
        (trigger,) = scaled["rowmill-parser"]["spec"]["triggers"]
        assert trigger["metadata"]["topic"] == "team.chunk.planned"
        assert trigger["metadata"]["consumerGroup"] == "team.parser"

    def test_k8s_is_what_helm_renders(self) -> None:
        from tools.render_chart import minikube as rendered

        assert {path.relative_to(ROOT / "k8s").as_posix(): path.read_text() for path in MINIKUBE.rglob("*.yaml")} == rendered()
