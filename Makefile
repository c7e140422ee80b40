# Thin wrappers of ./run, which does the work: ./run help
PYTHON := $(shell command -v python3 || command -v python3.13 || command -v python3.12 || command -v python3.11 || command -v python)
ARGS ?=

.PHONY: run test check setup stop reset doctor

run:
	@exec $(PYTHON) ./run start
test:
	@exec $(PYTHON) ./run test $(ARGS)
check:
	@exec $(PYTHON) ./run check
setup stop reset doctor:
	@exec $(PYTHON) ./run $@ $(ARGS)
