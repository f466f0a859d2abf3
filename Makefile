# Thin verbs over the CMake presets. Personal settings go into Makefile.local.
-include Makefile.local
.DEFAULT_GOAL := build
.PHONY: packages build run test fast bench fmt lint asan tsan cluster torture torture-cluster torture-push privacy-attack fuzz clean screenshots lighthouse

JOBS ?= $(shell nproc)

packages:
	@scripts/install-packages

build: packages            ## build/release/ruck
	@JOBS=$(JOBS) scripts/build

run: export RUCK_STEPS = 3
run: build                 ## serve on http://127.0.0.1:8080 with the embedded database
	@echo "step 3 of 3: serving until Ctrl-C; open http://127.0.0.1:8080 and sign up, or see README.md, A first ruck"
	@build/release/ruck serve $(ARGS)

test: packages             ## every test that a machine without a GPU can run
	@scripts/test

fast: packages             ## unit tests only, without sanitizers: under a minute once built
	@cmake --preset dev >/dev/null
	@cmake --build --preset dev -j $(JOBS) --target unit_tests ruck
	@build/dev/tests/unit_tests --gtest_brief=1 --gtest_filter=-*/Postgres

asan: packages             ## all C++ tests under AddressSanitizer and UndefinedBehaviorSanitizer
	@cmake --preset asan >/dev/null
	@cmake --build --preset asan -j $(JOBS)
	@ctest --preset asan

tsan: packages             ## all C++ tests under ThreadSanitizer
	@cmake --preset tsan >/dev/null
	@cmake --build --preset tsan -j $(JOBS)
	@ctest --preset tsan

torture: packages          ## kill -9, power cuts, a bad network: SECONDS=300 [SEED=n] [SABOTAGE=ack-early|no-dedupe|no-fsync]
	@cmake --preset dev >/dev/null
	@cmake --build --preset dev -j $(JOBS) --target torture ruck
	@$(if $(SEED),RUCK_TEST_SEED=$(SEED)) RUCK_TEST_SABOTAGE=$(SABOTAGE) build/dev/tests/torture $(or $(SECONDS),300)

cluster: packages          ## three servers, HAProxy, PostgreSQL with two standbys and Redis on loopback, until Ctrl-C
	@cmake --preset dev >/dev/null
	@cmake --build --preset dev -j $(JOBS) --target cluster ruck
	@build/dev/tests/cluster

torture-cluster: packages  ## phones record while each part of such an installation fails: SECONDS=300 [SEED=n] [SABOTAGE=ack-early|no-dedupe]
	@cmake --preset dev >/dev/null
	@cmake --build --preset dev -j $(JOBS) --target torture_cluster ruck
	@$(if $(SEED),RUCK_TEST_SEED=$(SEED)) RUCK_TEST_SABOTAGE=$(SABOTAGE) build/dev/tests/torture_cluster $(or $(SECONDS),300)

torture-push: packages     ## pushes through services that misbehave, kill -9: COUNT=100000 [SEED=n] [DATABASE=postgres] [SABOTAGE=job-once|no-lease]
	@cmake --preset dev >/dev/null
	@cmake --build --preset dev -j $(JOBS) --target torture_push ruck
	@cd build/dev/tests/push && npm ci --no-audit --no-fund --prefer-offline --loglevel=error
	@$(if $(SEED),RUCK_TEST_SEED=$(SEED)) RUCK_TEST_SABOTAGE=$(SABOTAGE) build/dev/tests/torture_push $(or $(COUNT),100000) $(or $(DATABASE),sqlite)

privacy-attack: packages   ## look for homes as strangers, followers and holders of links do: WORLDS=200 [SEED=n] [STORY=live]
	@cmake --preset dev >/dev/null
	@cmake --build --preset dev -j $(JOBS) --target privacy_attack ruck
	@$(if $(SEED),RUCK_TEST_SEED=$(SEED)) build/dev/tests/privacy_attack $(or $(WORLDS),200) "$(STORY)"

fuzz: packages             ## libFuzzer on all that reads input: [SECONDS=600 a target] [TARGET=location_json]
	@scripts/fuzz $(or $(SECONDS),600) $(TARGET)

bench: build               ## micro-benchmarks and a load run; figures for docs/performance.md
	@scripts/bench

fmt:                       ## format all C++ sources
	@git ls-files '*.cpp' '*.hpp' | xargs clang-format-19 -i

lint: packages             ## format, clang-tidy on what differs from main ([LINT_ALL=1]), house rules, locks
	@cmake --preset asan >/dev/null
	@cmake --build --preset asan -j $(JOBS) --target ruck tidy_tests
	@scripts/lint build/asan
	@build/asan/tests/tidy_tests --gtest_brief=1

clean:
	@rm -rf build

screenshots: build         ## pictures of every page, phone and desktop, light and dark
	@mkdir -p build/web-tests && cp tests/web/*.mjs tests/web/*.json tests/web/.npmrc build/web-tests/
	@cd build/web-tests && npm ci --no-audit --no-fund --prefer-offline --loglevel=error
	@RUCK_BINARY=$(CURDIR)/build/release/ruck RUCK_TRACKS_DIR=$${RUCK_TRACKS_DIR:-$(CURDIR)/../shared/data/tracks} \
	  node build/web-tests/screenshots.mjs docs/images
	@git ls-files -mo docs/images/*.png | xargs -r pngquant --force --ext .png --speed 3 --strip 256

lighthouse: build          ## scores and times of the web app into docs/performance.md
	@mkdir -p build/lighthouse && cp tests/lighthouse/*.mjs tests/lighthouse/*.json tests/lighthouse/.npmrc build/lighthouse/
	@cd build/lighthouse && npm ci --no-audit --no-fund --prefer-offline --loglevel=error
	@node build/lighthouse/lighthouse.mjs build/release/ruck docs/performance.md
