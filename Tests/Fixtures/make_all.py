"""Makes every fixture anew: runs make.py of each folder here, in order of name.

Run: python make_all.py   (`make fixtures` does; requirements.txt pins the versions)
"""

import pathlib
import subprocess
import sys

HERE = pathlib.Path(__file__).parent


def main() -> None:
    for script in sorted(HERE.glob("*/make.py")):
        # One process each: a script sees no state, seed or thread setting of another.
        subprocess.run([sys.executable, "-B", str(script)], check=True)
    files = [path for path in HERE.rglob("*") if path.is_file()]
    print(f"{len(files)} files, {sum(path.stat().st_size for path in files)} bytes")


if __name__ == "__main__":
    main()
