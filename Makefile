# The app is two programs made of one source: the lean mcp-companion (launcher,
# commands, tray) and mcp-companion-window. `make run` and `make test` install
# what they need; the other targets take what is there.

GO ?= go
SYSTEM := $(shell uname -s)
EXE := $(shell $(GO) env GOEXE)
LDFLAGS := -s -w

# The lean program is pure Go; macOS has no tray without Cocoa.
LEAN := CGO_ENABLED=$(if $(filter Darwin,$(SYSTEM)),1,0)

# clang: gcc needs minutes for go-gl, looking for spelling hints.
WINDOW := CGO_ENABLED=1 CC=$(if $(filter Linux,$(SYSTEM)),clang,$(shell $(GO) env CC))

# No C compiler, no display, no libGL: the quick loop while working.
PURE := CGO_ENABLED=0

GOFUMPT := $(GO) run mvdan.cc/gofumpt@v0.12.0
STATICCHECK := $(GO) run honnef.co/go/tools/cmd/staticcheck@v0.8.2

# What cannot be compiled for macOS without its SDK is type-checked there.
FACES := ./tray ./app .
cgo_free = $(shell $(GO) list -tags headless ./... | grep -v -x -e mcp-companion -e mcp-companion/tray -e 'mcp-companion/app.*')

.PHONY: build lean window run test check quick race desktop package pictures acceptance bench clean icons

build: lean window

lean:
	$(LEAN) $(GO) build -tags headless -ldflags '$(LDFLAGS)' -o bin/mcp-companion$(EXE) .
ifeq ($(EXE),.exe) # a console program would show a black window at login
	$(LEAN) $(GO) build -tags headless -ldflags '$(LDFLAGS) -H windowsgui' -o bin/mcp-companion-tray.exe .
endif

window:
	$(WINDOW) $(GO) build -ldflags '$(LDFLAGS)' -o bin/mcp-companion-window$(EXE) .

run:
	tools/install.sh build
	$(MAKE) build
	bin/mcp-companion$(EXE)

test:
	tools/install.sh test
	$(MAKE) check
	$(MAKE) quick
	$(MAKE) race
	$(MAKE) desktop
	$(MAKE) package

# Form, vet for every system, and what a compiler here can't see of the others.
check:
	@test -z "$$($(GOFUMPT) -l . | tee /dev/stderr)" || { echo 'the files above are not in gofumpt form'; exit 1; }
	$(PURE) $(GO) vet -tags headless ./...
	$(PURE) GOOS=windows $(GO) vet -tags headless ./...
	$(PURE) GOOS=darwin $(GO) vet -tags headless $(cgo_free)
	$(GO) run ./tools/xtypecheck -os darwin -arch arm64 $(FACES)
	$(GO) run ./tools/xtypecheck -os windows -arch amd64 $(FACES)
	$(GO) run ./tools/xtypecheck -os darwin -arch arm64 -tags headless .
	$(PURE) $(STATICCHECK) -tags headless ./...

quick:
	$(PURE) $(GO) test -timeout 5m -tags headless ./...

# The window's own tests draw on the test's goroutine and are no use here.
race:
	$(WINDOW) $(GO) test -timeout 10m -race -tags headless $$($(GO) list -tags headless ./... | grep -v /app)

desktop: build
	tools/desktop/test.sh

# What people install, into dist/. On Debian the .deb is tried on an empty root.
package:
	tools/package/package.sh
	if [ -e dist/mcp-companion_*.deb ]; then tools/package/check.sh; fi

# The pictures of the README, of the pages as they are now.
pictures:
	d=$$(mktemp -d) && SHOTS=$$d $(PURE) $(GO) test -count=1 ./app -run '^TestShots$$' && \
	  cp $$d/servers-light.png assets/window.png && cp $$d/add-light.png assets/add.png && \
	  cp $$d/welcome-mid-light.png assets/welcome.png && cp $$d/sets-light.png assets/sets.png && rm -r $$d

acceptance: build
	tools/install.sh acceptance
	tools/acceptance.sh
	tools/desktop/session.sh -- env $(PURE) $(GO) test -count=1 -tags 'headless desktop acceptance' -run '^TestDesktopANewcomer' -v .

bench:
	$(PURE) $(GO) test -tags headless -run '^$$' -bench . -benchmem ./...

icons:
	$(GO) generate ./assets

clean:
	rm -rf bin dist
