"""A small disk that can be full or read-only: a tmpfs in a mount namespace of
its own, so that the machine's file systems are never touched.

    with Disk(kilobytes=1000) as disk:
        Gateway(config, **disk.options_for_home())
"""
import os
import pathlib
import subprocess
import tempfile


def is_possible():
    """May this user make mount namespaces? Not in every container."""
    tried = subprocess.run(["unshare", "--map-root-user", "--mount", "mount", "-t", "tmpfs",
                            "none", "/mnt"], capture_output=True, check=False)
    return tried.returncode == 0


class Disk:
    def __init__(self, kilobytes):
        self.mount_options = f"size={kilobytes}k,mode=700"
        self.place = tempfile.mkdtemp(prefix="lgw-disk-")
        self.holder = subprocess.Popen(
            ["unshare", "--map-root-user", "--mount", "sh", "-c",
             f"mount -t tmpfs -o {self.mount_options} none {self.place} && echo && exec sleep 1000"],
            stdout=subprocess.PIPE)
        self.holder.stdout.readline()
        self.path = pathlib.Path(f"/proc/{self.holder.pid}/root{self.place}")
        assert os.path.ismount(self.path)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.holder.kill()
        self.holder.wait()
        self.holder.stdout.close()
        os.rmdir(self.place)

    def inside(self):
        """Runs a command where the disk is."""
        return ["nsenter", f"--target={self.holder.pid}", "--user", "--mount",
                "--preserve-credentials", "--wd=/"]

    def options_for_home(self):
        """For a Gateway that has this disk as its home."""
        return {"home": self.path, "wrapper": self.inside(),
                "env": {"LLM_GATEWAY_HOME": self.place}}

    def remount(self, how):
        """"ro" or "rw"; files that are open for writing may be in the way."""
        subprocess.run([*self.inside(), "mount", "-o", f"remount,{how},{self.mount_options}",
                        self.place], check=True)

    def fill(self):
        """Leaves not a byte."""
        with open(self.path / "filler", "ab", buffering=0) as filler:
            for size in (65536, 4096, 1):
                try:
                    while filler.write(b"x" * size) == size:
                        pass
                except OSError:
                    pass

    def free(self):
        (self.path / "filler").unlink()
