# SPDX-License-Identifier: GPL-3.0-or-later
#
# Installing, tarballs and packages; included by the top Makefile. packaging/debian becomes debian/ in `make deb`.

TOOLS := capture replay analyze
SHARE = $(DESTDIR)$(PREFIX)/share
UNITS = $(DESTDIR)$(PREFIX)/lib/systemd/system
EXAMPLES = $(SHARE)/doc/tidemark/examples

## install: programs, manual pages, completion and units below PREFIX (default /usr/local), DESTDIR honoured
.PHONY: install uninstall dist deb deps-packaging test-packaging
install: all
	install -d $(DESTDIR)$(PREFIX)/bin $(SHARE)/man/man1 $(SHARE)/bash-completion/completions $(UNITS) $(EXAMPLES)
	install -m 755 $(TOOLS:%=$(BUILD)/bin/%) $(DESTDIR)$(PREFIX)/bin
	install -m 644 $(foreach t,$(TOOLS),$(t)/$(t).1) $(SHARE)/man/man1
	for t in $(TOOLS); do install -m 644 lib/base/completion.bash $(SHARE)/bash-completion/completions/$$t; done
	install -m 644 packaging/capture.socket $(UNITS)
	sed 's,/usr/bin/capture,$(PREFIX)/bin/capture,' packaging/capture.service >$(UNITS)/capture.service
	chmod 644 $(UNITS)/capture.service
	install -m 644 packaging/alerts.yml packaging/dashboard.json packaging/capture.logrotate $(EXAMPLES)

## uninstall: remove what install has put below PREFIX
uninstall:
	rm -f $(TOOLS:%=$(DESTDIR)$(PREFIX)/bin/%) $(TOOLS:%=$(SHARE)/man/man1/%.1) \
		$(TOOLS:%=$(SHARE)/bash-completion/completions/%) $(UNITS)/capture.service $(UNITS)/capture.socket
	rm -rf $(SHARE)/doc/tidemark

## dist: build/tidemark-VERSION.tar.gz of what is committed
# What is packed: a commit.
REF ?= HEAD
DIST := build/tidemark-$(VERSION).tar.gz
dist:
	@mkdir -p build
	git archive --prefix=tidemark-$(VERSION)/ --add-virtual-file=tidemark-$(VERSION)/VERSION:$(VERSION) -o $(DIST) $(REF)
	@echo $(DIST)

# A native package of the tarball; between tags 0.1.0-3-gabcdef becomes 0.1.0+3+gabcdef.
DEB_VERSION := $(subst -,+,$(VERSION))
DEB_SOURCE := build/deb/tidemark-$(DEB_VERSION)
## deb: build/deb/tidemark_VERSION_ARCH.deb (make deps-packaging)
deb: dist | $(filter deps%,$(MAKECMDGOALS))
	rm -rf build/deb && mkdir -p $(DEB_SOURCE)
	tar -xzf $(DIST) -C $(DEB_SOURCE) --strip-components=1
	cp -r packaging/debian $(DEB_SOURCE)/debian
	printf 'tidemark (%s) unstable; urgency=medium\n\n  * See CHANGELOG.md.\n\n -- Tidemark <maintainers@tidemark.invalid>  %s\n' \
		'$(DEB_VERSION)' "$$(git log -1 --format=%cD)" >$(DEB_SOURCE)/debian/changelog
	cd $(DEB_SOURCE) && dpkg-buildpackage --build=binary --unsigned-changes --no-pre-clean
	@ls build/deb/*.deb

## deps-packaging: also what `make deb` and `make test-packaging` use
deps-packaging: deps
	$(call install_packages,build-essential debhelper dpkg-dev fakeroot lintian logrotate mmdebstrap)

## test-packaging: install, uninstall, equal bytes of two builds, the package in clean roots of Debian 12 and 13 (as root)
test-packaging: all deb
	@BUILD=$(BUILD) TEST_TIMEOUT=3000 tests/run.sh packaging
