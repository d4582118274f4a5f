# Thin: the build is CMake's. `make demo` and `make test` install what is missing on Debian first.
BUILD := build/release
JOBS ?= $(shell nproc)

.PHONY: help build mpi demo test bench docs deps deps-test tsan valgrind clean

help:
	@echo "make demo    build, run the batch of the synthetic township, say where its reports lie"
	@echo "make test    build and run the whole suite, plain and under ASan+UBSan"
	@echo "make build   the command at $(BUILD)/hotgrid"
	@echo "make mpi     the command for mpirun at build/mpi/hotgrid"
	@echo "make bench   benchmarks (CASES=A: a minute of them); make tsan, make valgrind: the suite under these"
	@echo "make docs    writes docs/cli.md anew from the option table"

deps:
	@sh tools/install-deps.sh build

deps-test:
	@sh tools/install-deps.sh build test

build: deps
	@cmake --preset release -DHOTGRID_TESTS=OFF >build.log 2>&1 || { cat build.log; exit 1; }
	@cmake --build --preset release -j $(JOBS) >>build.log 2>&1 || { cat build.log; exit 1; }
	@rm -f build.log

mpi:
	@sh tools/install-deps.sh build mpi
	@sh tools/build-mpi.sh $(JOBS)

demo: build
	@sh tools/demo.sh $(BUILD)/hotgrid

test: deps-test
	@sh tools/test.sh $(JOBS)

bench: deps
	cmake -S . -B build/bench -G Ninja -DCMAKE_BUILD_TYPE=Release -DHOTGRID_BENCH=ON -DHOTGRID_TESTS=OFF
	cmake --build build/bench -j $(JOBS)
	/usr/bin/env python3 tests/bench/run.py build/bench $(if $(CASES),--cases $(CASES)) $(if $(RUNS),--runs $(RUNS))

tsan: deps-test
	cmake --preset tsan
	cmake --build --preset tsan -j $(JOBS)
	ctest --preset tsan -L threads

valgrind: deps-test
	cmake --preset dev
	cmake --build --preset dev -j $(JOBS)
	sh tests/valgrind.sh build/dev

docs: build
	$(BUILD)/hotgrid --markdown >docs/cli.md

clean:
	rm -rf build
