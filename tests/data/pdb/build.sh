#!/bin/sh
# Makes the PDBs of this folder. Needs clang-19, lld-19, llvm-19 and python3. The outputs are committed; tests never run this.
set -e
here=$(cd "$(dirname "$0")" && pwd)
work=/tmp/dumpscope-pdb
rm -rf "$work"
mkdir -p "$work"
cp "$here"/*.cpp "$work"
cd "$work"
compile() { clang-19 --target=x86_64-pc-windows-msvc -O1 -fno-stack-protector -fno-exceptions -fno-rtti "$@"; }
link() {
    lld-link-19 /subsystem:native /driver /nodefaultlib /entry:DriverEntry /debug:full /Brepro \
        /pdbaltpath:"$1.pdb" /out:"$1.sys" /pdb:"$1.pdb" "$1.obj" $2
}

compile -ffunction-sections -c publics.cpp -o publics.obj
link publics /opt:icf
llvm-pdbutil-19 dump --publics publics.pdb >publics.txt

compile -g -gcodeview -fdebug-compilation-dir=. -c virtual.cpp -o virtual.obj
link virtual
llvm-pdbutil-19 dump --types virtual.pdb >virtual.txt

yaml2obj-19 "$here/records.yaml" -o records.obj
link records
llvm-pdbutil-19 dump --symbols records.pdb >records.txt

python3 "$here/rearrange.py" records.pdb rearranged.pdb

gzip -9nf publics.pdb virtual.pdb records.pdb rearranged.pdb
cp ./*.pdb.gz ./*.txt "$here"
ls -l "$here"
