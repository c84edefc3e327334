# Two commands: `make run` and `make test`. Both install what they need (Debian packages and npm), say what they do, and can be repeated.
SHELL := /bin/bash
SANDBOX ?= sandbox
PEOPLE ?=
OPTIONS ?=

.PHONY: run build deb test check-long setup stop clean deps-run deps-test

run: build            ## builds Sen, makes a sandbox nation in ./sandbox, starts it and says where to look; OPTIONS: sen help nation start
	@build/sen nation start $(SANDBOX) $(if $(PEOPLE),--people $(PEOPLE)) $(OPTIONS)

stop:                 ## stops the sandbox nation; everything stays in ./sandbox
	@build/sen nation stop $(SANDBOX)

build: deps-run
	@tools/build.sh build

deb: build            ## a Debian package with the systemd units and the man page: doc/install.md
	@tools/deb.sh build

deps-run:
	@tools/setup.sh build

deps-test:
	@tools/setup.sh test

test: deps-test       ## everything that fits fifteen minutes; the last line is `N passed, N failed`
	@tools/test.sh

check-long: deps-test ## by hand: kills, soak, size, a full disk, a bad network, long fuzzing
	@tools/check_long.sh

clean:
	rm -rf build build-*
