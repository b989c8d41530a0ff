#!/bin/sh
# Makes the images and PDBs of this folder, and the reference texts that llvm-pdbutil prints for them.
# Needs clang-19, lld-19 and llvm-19. The outputs are committed; tests never run this.
set -e
here=$(cd "$(dirname "$0")" && pwd)
work=/tmp/dumpscope-symbols
rm -rf "$work"
mkdir -p "$work"
cp "$here"/driver.c "$here"/shapes.cpp "$here"/bases.cpp "$here"/spill.c "$work"
cd "$work"
flags="--target=x86_64-pc-windows-msvc -O1 -g -gcodeview -fasynchronous-unwind-tables -fno-stack-protector -fdebug-compilation-dir=."
clang-19 $flags -c driver.c -o driver.obj
clang-19 $flags -c spill.c -o spill.obj
for name in shapes bases; do
    clang-19 $flags -fno-exceptions -fno-rtti -fno-threadsafe-statics -c $name.cpp -o $name.obj
done
for name in driver shapes bases spill; do
    lld-link-19 /subsystem:native /driver /nodefaultlib /entry:DriverEntry /debug:full /Brepro \
        /pdbaltpath:$name.pdb /pdbsourcepath:c:\\src /out:$name.sys /pdb:$name.pdb $name.obj
    llvm-pdbutil-19 dump --symbols $name.pdb >$name.symbols.txt
    llvm-pdbutil-19 dump --il $name.pdb >$name.inlinees.txt
    llvm-pdbutil-19 dump -l $name.pdb >$name.lines.txt
    llvm-pdbutil-19 dump --types $name.pdb >$name.types.txt
    llvm-pdbutil-19 dump --publics --globals $name.pdb >$name.globals.txt
done
cp ./*.sys ./*.pdb ./*.txt "$here"
ls -l "$here"
