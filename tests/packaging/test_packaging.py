"""What the project is handed out as: installation, service, packages, lists."""
import filecmp
import json
import os
import re
import shutil
import subprocess
import sys

import pytest

from lab.gateway import BINARY, TOP

PACKAGING = TOP / "packaging"


def make(*words, cwd=TOP, **env):
    clean = {k: v for k, v in os.environ.items() if k not in ("MAKEFLAGS", "MAKELEVEL", "MFLAGS")}
    done = subprocess.run(["make", "-s", *words], cwd=cwd, env={**clean, **env},
                          capture_output=True, text=True, timeout=600)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def needed(program):
    out = subprocess.run(["readelf", "-d", program], capture_output=True, text=True, check=True)
    return re.findall(r"\(NEEDED\).*\[(.+)\]", out.stdout)


@pytest.fixture(scope="module")
def installed(tmp_path_factory):
    """`make install` of the build under test."""
    root = tmp_path_factory.mktemp("root")
    make("install", f"VARIANT={BINARY.parent.name}", f"DESTDIR={root}", "PREFIX=/usr")
    return root


def test_what_is_installed_is_removed(installed, tmp_path):
    make("install", f"VARIANT={BINARY.parent.name}", f"DESTDIR={tmp_path}")
    files = [p for p in tmp_path.rglob("*") if p.is_file()]
    names = {p.name for p in files}
    assert {"llm-gateway", "llm-gateway.1", "_llm-gateway", "llm-gateway.fish",
            "llm-gateway.service"} <= names
    make("uninstall", f"VARIANT={BINARY.parent.name}", f"DESTDIR={tmp_path}")
    assert not [p for p in tmp_path.rglob("*") if p.is_file()]


# --- the service ---

def test_the_service_is_one_that_systemd_takes(installed, tmp_path):
    unit = installed / "usr/lib/systemd/user/llm-gateway.service"
    assert "ExecStart=/usr/bin/llm-gateway server start\n" in unit.read_text()
    here = tmp_path / "llm-gateway.service"
    here.write_text(unit.read_text().replace("/usr/bin/llm-gateway", str(BINARY)))
    runtime = tmp_path / "runtime"
    runtime.mkdir(mode=0o700)
    done = subprocess.run(["systemd-analyze", "--user", "verify", "--man=no", here],
                          env={**os.environ, "XDG_RUNTIME_DIR": str(runtime)},
                          capture_output=True, text=True, timeout=120)
    assert (done.returncode, done.stdout + done.stderr) == (0, "")


def test_the_service_is_hardened(installed):
    unit = installed / "usr/lib/systemd/user/llm-gateway.service"
    done = subprocess.run(["systemd-analyze", "security", "--offline=true", "--threshold=20",
                           "--no-pager", unit], capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stdout + done.stderr


# --- the same sources, the same bytes ---

def test_where_it_is_built_is_not_in_it(tmp_path):
    """A few objects; `make reproducible` compares the whole program."""
    objects = [f"build/release/src/base/{name}.o" for name in ("buf", "err", "json_scan")]
    places = [tmp_path / "one", tmp_path / "somewhere/quite/else"]
    for place in places:
        place.mkdir(parents=True)
        shutil.copy(TOP / "Makefile", place)
        shutil.copytree(TOP / "src/base", place / "src/base")
        # Without the notes for the linker, which repeat the compiler's options.
        make(*objects, "LTO=", cwd=place, CCACHE_DISABLE="1", VARIANT="release")
    for name in objects:
        assert filecmp.cmp(places[0] / name, places[1] / name, shallow=False), name


# --- the list of libraries ---

def test_sbom():
    done = subprocess.run([PACKAGING / "sbom.py", BINARY, "1.2.3"], capture_output=True,
                          text=True, check=True, env={**os.environ, "SOURCE_DATE_EPOCH": "86400"})
    sbom = json.loads(done.stdout)
    assert (sbom["bomFormat"], sbom["specVersion"]) == ("CycloneDX", "1.5")
    assert sbom["metadata"]["timestamp"] == "1970-01-02T00:00:00Z"
    refs = {c["bom-ref"] for c in sbom["components"]}
    assert len(refs) == len(sbom["components"])
    assert all(re.fullmatch(r"pkg:deb/debian/\S+@\S+\?arch=\w+", ref) for ref in refs)
    files = [p["value"] for c in sbom["components"] for p in c["properties"]]
    for name in needed(BINARY):
        stem = name.split(".so")[0]
        assert any(f"/{stem}" in f for f in files), name
    direct = sbom["dependencies"][0]["dependsOn"]
    assert set(direct) <= refs and any("libmicrohttpd" in ref for ref in direct)


# --- Debian, Docker ---

def build_dependencies():
    words = [line.split()[0] for line in (PACKAGING / "build-deps.txt").read_text().splitlines()
             if line.strip() and not line.startswith("#")]
    return {w for w in words if w.endswith("-dev") and w != "libc6-dev"} | {"pkg-config"}


def test_the_debian_package_asks_for_what_the_build_needs():
    control = (PACKAGING / "debian/control").read_text()
    field = re.search(r"^Build-Depends: (.*?)(?=^\S)", control, re.M | re.S)[1]
    asked = {word.split()[0] for word in field.replace("\n", " ").split(",")}
    assert asked - {"debhelper-compat"} == build_dependencies()


def test_versions_agree():
    version = re.search(r"^VERSION := (\S+)", (TOP / "Makefile").read_text(), re.M)[1]
    assert f"llm-gateway ({version})" in (PACKAGING / "debian/changelog").read_text()
    assert f"image: llm-gateway:{version}" in (PACKAGING / "docker/compose.yaml").read_text()


def test_the_image_has_every_library():
    text = (PACKAGING / "docker/Dockerfile").read_text().replace("\\\n", " ")
    runtime = text.split("FROM debian:bookworm-slim\n")[1]
    packages = set(re.search(r"--no-install-recommends (.*?)&&", runtime)[1].split())
    sbom = json.loads(subprocess.run([PACKAGING / "sbom.py", BINARY, "0"], capture_output=True,
                                     text=True, check=True).stdout)
    direct = {re.match(r"pkg:deb/debian/(.+?)@", ref)[1]
              for ref in sbom["dependencies"][0]["dependsOn"]}
    tools = {"libc6", "libasan8", "libubsan1", "libtsan2", "libgcc-s1"}
    assert direct - tools <= packages


def test_compose_and_image_say_the_same():
    import yaml
    compose = yaml.safe_load((PACKAGING / "docker/compose.yaml").read_text())
    service = compose["services"]["llm-gateway"]
    text = (PACKAGING / "docker/Dockerfile").read_text()
    assert service["healthcheck"]["test"] == ["CMD", "llm-gateway", "health"]
    assert 'CMD ["llm-gateway", "health"]' in text
    for name, value in service["environment"].items():
        assert f"{name}={value}" in text
    assert (PACKAGING / "docker" / service["build"]["context"]).resolve() == TOP.resolve()
    assert (TOP / service["build"]["dockerfile"]).exists()
    assert service["ports"] == ["127.0.0.1:3847:3847"]


def test_the_container_as_its_environment_makes_it(tmp_path):
    """The image's environment: without a key it refuses an open host and says
    what to do; with one it runs, and its health check says so."""
    from lab.gateway import Gateway
    text = (PACKAGING / "docker/Dockerfile").read_text().replace("\\\n", " ")
    words = dict(re.findall(r"(LLM_GATEWAY_\w+)=(\S+)", text))
    with Gateway(start=False) as gateway:
        gateway.config_path.unlink()
        gateway.extra_env.update({k: v for k, v in words.items() if k.endswith(("HOST", "STORE"))
                                  and "HOME" not in k}, LLM_GATEWAY_SERVER_PORT="0")
        done = gateway.cli("server", "start")
        assert done.returncode == 5 and b"apikey add" in done.stderr
        gateway.cli("apikey", "add", "--name=laptop", check=True)
        gateway.cli("upstream", "add", "--provider=demo", "--name=demo", check=True)
        gateway.start()
        assert gateway.cli("health").returncode == 0
        assert gateway.stop() == 0
        assert gateway.cli("health").returncode == 3
