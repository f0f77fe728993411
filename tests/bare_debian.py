"""Follows docs/running.md on a bare Debian, word for word: `make bare-debian`, as root, with a network.

The Debian is made by debootstrap in a folder, and has neither systemd nor anything but the base system. So
one program is ours there: `systemctl` starts what the units say, as the user and with the environment they
name. All else are the page's own commands, in its order: packages, user, repository, set-up, service, nginx,
checks, backup.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import time
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).resolve().parents[1]
PAGE: Final = ROOT / "docs/running.md"
BLOCK: Final = re.compile(r"^```sh\n(.*?)^```$", re.MULTILINE | re.DOTALL)
OURS: Final = (
    "/etc/resolv.conf", "/etc/hosts", "/etc/apt/apt.conf.d", "/etc/pip.conf", "/etc/ssl/certs",
    "/usr/share/ca-certificates", "/usr/local/share/ca-certificates",
)  # fmt: skip
"""What this machine needs to reach its mirrors, which a bare one may need as well."""
SYSTEMCTL: Final = r'''#!/usr/bin/python3
"""What systemd would do here with the units, as far as docs/running.md asks for it."""
import os, pwd, subprocess, sys

def start(name):
    if name == "nginx":
        runs = os.path.exists("/run/nginx.pid") and os.path.getsize("/run/nginx.pid")
        reload_it = ["nginx", "-s", "reload"] if runs else ["nginx"]
        return subprocess.run(reload_it, check=True)
    lines = [line.strip() for line in open(f"/etc/systemd/system/{name}") if "=" in line and line[0] != "#"]
    said = [line.partition("=")[::2] for line in lines]
    unit = dict(said)
    environment = {"PATH": os.environ["PATH"]}
    environment.update(value.partition("=")[::2] for key, value in said if key == "Environment")
    user = pwd.getpwnam(unit["User"])
    os.makedirs(f"/var/lib/{unit['StateDirectory']}", mode=int(unit["StateDirectoryMode"], 8), exist_ok=True)
    run = subprocess.run if unit.get("Type") == "oneshot" else subprocess.Popen
    with open(f"/var/log/{name}.log", "a") as log:
        done = run(unit["ExecStart"].split(), cwd=unit["WorkingDirectory"], env=environment, user=user.pw_uid,
                   group=user.pw_gid, extra_groups=[], umask=int(unit["UMask"], 8), stdin=subprocess.DEVNULL,
                   stdout=log, stderr=log, start_new_session=True)
    if run is subprocess.run and done.returncode:
        sys.exit(open(f"/var/log/{name}.log").read()[-2000:])
    if run is subprocess.Popen:
        open("/run/started", "a").write(f"{done.pid}\n")

verb, *names = [each for each in sys.argv[1:] if not each.startswith("-")]
if verb in ("enable", "start", "reload"):
    for name in names:
        if not name.endswith(".timer"):
            start(name)
'''


def main(folder: Path) -> int:
    """Make a Debian in this folder, unless there is one, and follow the page in it."""
    if os.geteuid() != 0 or not shutil.which("debootstrap"):
        print("This needs root and debootstrap (apt-get install debootstrap).", file=sys.stderr)
        return 2
    if not (folder / "etc/debian_version").exists():
        subprocess.run(["debootstrap", "--variant=minbase", "stable", str(folder)], check=True)
    _prepare(folder)
    commands = "\n".join(BLOCK.findall(PAGE.read_text(encoding="utf-8")))
    commands = commands.replace("https://git.example.org/followthrough.git", "/repository")
    (folder / "root/followed.sh").write_text(f"set -euxo pipefail\n{commands}", encoding="utf-8")
    began = time.monotonic()
    mounts = [f"mount --bind {each} {folder}{each}" for each in _lent()]
    mounts += [f"mount -t proc proc {folder}/proc", f"exec chroot {folder} /bin/bash /root/followed.sh"]
    inside = ["unshare", "--mount", "--pid", "--fork", "--kill-child", "sh", "-ec", "\n".join(mounts)]
    environment = {
        name: value for name, value in os.environ.items() if re.search("(?i)proxy$|^PIP_|CERT|_CA_", name)
    }
    followed = subprocess.run(
        inside,
        env=environment
        | {"PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "HOME": "/root"},
        timeout=1800,
        check=False,
    )
    blocks = len(BLOCK.findall(PAGE.read_text(encoding="utf-8")))
    if followed.returncode:
        log = folder / "var/log/followthrough.service.log"
        print(log.read_text(encoding="utf-8")[-3000:] if log.exists() else "", file=sys.stderr)
        print(f"docs/running.md cannot be followed: exit status {followed.returncode}.", file=sys.stderr)
        return 1
    print(f"The {blocks} blocks of docs/running.md were followed in {time.monotonic() - began:.0f} s.")
    return 0


def _lent() -> list[str]:
    """Further folders of this machine that its mirrors need, in BARE_DEBIAN_NEEDS with colons between."""
    return [each for each in os.environ.get("BARE_DEBIAN_NEEDS", "").split(":") if each]


def _prepare(folder: Path) -> None:
    """Let the Debian reach this machine's mirrors, and give it the repository and our systemctl."""
    for each in map(Path, OURS):
        if each.exists():
            where = folder / each.parent.relative_to("/")
            where.mkdir(parents=True, exist_ok=True)
            subprocess.run(
                ["cp", "-aT", "--remove-destination", str(each), str(where / each.name)], check=True
            )
    for each in ("dev/urandom", "dev/null"):
        if not (folder / each).exists():
            subprocess.run(["cp", "-a", f"/{each}", str(folder / each)], check=True)
    for lent in _lent():
        (folder / lent.lstrip("/")).mkdir(parents=True, exist_ok=True)
    shutil.rmtree(folder / "repository", ignore_errors=True)
    subprocess.run(["git", "clone", "-q", "--no-local", str(ROOT), str(folder / "repository")], check=True)
    for each in ("opt/followthrough", "var/lib/followthrough"):
        shutil.rmtree(folder / each, ignore_errors=True)
    # what an earlier run left
    subprocess.run(
        ["chroot", str(folder), "/usr/sbin/userdel", "followthrough"], capture_output=True, check=False
    )
    (folder / "run/nginx.pid").unlink(missing_ok=True)
    control = folder / "usr/local/bin/systemctl"
    control.write_text(SYSTEMCTL, encoding="utf-8")
    control.chmod(0o755)


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1] if len(sys.argv) > 1 else "var/bare-debian")))
