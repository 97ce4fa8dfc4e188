// SPDX-License-Identifier: Apache-2.0
#include "userland/daemon/pki/trustpoint_store.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "userland/daemon/io/directories.h"
#include "userland/daemon/io/files.h"
#include "userland/daemon/io/unique_fd.h"
#include "userland/pki/enrollment.h"

namespace awtun::daemon {
namespace {

namespace fs = std::filesystem;

constexpr const char* kAuthorities = "ca.pem";
constexpr const char* kOwn = "own.pem";
constexpr const char* kRevocationLists = "crl.pem";
constexpr const char* kListExtension = ".crl";
constexpr off_t kMaxSecretFile = 256 * 1024;
constexpr std::size_t kMaxName = 64;

/// A name becomes a file's: nothing that leads elsewhere, or hides.
bool is_good_name(std::string_view name) {
  return !name.empty() && name.size() <= kMaxName && name[0] != '.' &&
         name.find('/') == std::string_view::npos && name.find('\0') == std::string_view::npos;
}

Error<std::string> bad_name(std::string_view name) {
  return Error{"\"" + std::string(name) + "\" cannot be the name of a trustpoint or a key pair"};
}

Error<std::string> failure(const fs::path& path, const std::string& reason) {
  return Error{path.string() + ": " + reason};
}

Error<std::string> system_failure(const fs::path& path) { return failure(path, std::strerror(errno)); }

std::string_view text_of(ByteView octets) {
  return {reinterpret_cast<const char*>(octets.data()), octets.size()};
}

bool read_all(int fd, MutableByteView into) {
  while (!into.empty()) {
    const auto size = ::read(fd, into.data(), into.size());
    if (size < 0 && errno == EINTR) continue;
    if (size <= 0) return false;
    into = into.subspan(static_cast<std::size_t>(size));
  }
  return true;
}

/// A private key's file: ours or root's, closed to all others. Judged by the open file, which cannot change
/// its mind. nullopt when there is none.
Result<std::optional<Secret>, std::string> read_secret(const fs::path& path) {
  const UniqueFd fd = open_to_read(path, O_NOFOLLOW);
  if (!fd && errno == ENOENT) return std::optional<Secret>();
  struct stat status {};
  if (!fd || ::fstat(fd.get(), &status) != 0) return system_failure(path);
  if (!S_ISREG(status.st_mode) || (status.st_uid != 0 && status.st_uid != ::geteuid()))
    return failure(path, "must be owned by awiked's user or by root");
  if ((status.st_mode & 0077U) != 0)
    return failure(path, "a private key must not be accessible to other users: chmod 600");
  if (status.st_size > kMaxSecretFile) return failure(path, "too large");
  Secret contents(static_cast<std::size_t>(status.st_size));
  if (!read_all(fd.get(), contents.bytes())) return failure(path, "cannot be read");
  return std::optional(std::move(contents));
}

/// Empty when there is no such file. One without contents is an error: a list that could not be written whole
/// is not the same as none.
Result<std::string, std::string> read_text(const fs::path& path) {
  auto contents = read_file(path);
  if (!contents) return Error{contents.error()};
  if (*contents && (*contents)->empty()) return failure(path, "the file is empty");
  return std::move(*contents).value_or("");
}

/// A list in DER becomes PEM, so that it can stand beside others.
Result<std::string, std::string> read_lists_of(const fs::path& path) {
  auto text = read_text(path);
  if (!text || text->empty()) return text;
  const auto lists = pki::RevocationList::from_either(as_octets(*text));
  if (!lists) return failure(path, lists.error());
  return pki::is_pem(as_octets(*text)) ? *std::move(text) + "\n" : lists->front().pem();
}

/// All revocation lists of a trustpoint in one text.
Result<std::string, std::string> read_lists(const fs::path& where) {
  std::vector<fs::path> files{where / kRevocationLists};
  std::error_code error;
  for (fs::directory_iterator at(where, error), end; !error && at != end; at.increment(error))
    if (at->path().extension() == kListExtension) files.push_back(at->path());
  if (error && error != std::errc::no_such_file_or_directory) return failure(where, error.message());
  std::sort(files.begin() + 1, files.end());
  std::string all;
  for (const fs::path& file : files) {
    auto text = read_lists_of(file);
    if (!text) return text;
    all += *text;
  }
  return all;
}

Result<void, std::string> write_secret(const fs::path& path, const Secret& contents) {
  return write_file(path, text_of(contents.view()));
}

std::string pem_of(std::span<const pki::Certificate> certificates) {
  std::string text;
  for (const pki::Certificate& certificate : certificates) text += certificate.pem();
  return text;
}

Secret joined(const Secret& first, std::string_view second) {
  Secret both(first.size() + second.size());
  const auto at = std::copy(first.view().begin(), first.view().end(), both.bytes().begin());
  std::copy(second.begin(), second.end(), at);
  return both;
}

/// The two halves of own.pem into their places.
Result<void, std::string> take_own(const fs::path& path, pki::PemTexts& texts) {
  auto own = read_secret(path);
  if (!own) return Error{own.error()};
  if (!*own) return {};
  const auto certificates = pki::Certificate::from_pem((*own)->view());
  if (!certificates) return failure(path, certificates.error());
  texts.certificates = pem_of(*certificates);
  texts.key = std::move(**own);
  return {};
}

}  // namespace

fs::path TrustpointStore::trustpoint(std::string_view name) const {
  return directory_ / "trustpoints" / name;
}

fs::path TrustpointStore::key_file(std::string_view label) const {
  return directory_ / "keys" / (std::string(label) + ".pem");
}

TrustpointStore::Loaded TrustpointStore::load_all() const {
  Loaded loaded;
  std::error_code error;
  for (fs::directory_iterator at(directory_ / "trustpoints", error), end; !error && at != end;
       at.increment(error)) {
    const std::string name = at->path().filename();
    if (!is_good_name(name)) continue;
    auto trustpoint = load(name);
    if (trustpoint)
      loaded.credentials[name] = *std::move(trustpoint);
    else
      loaded.errors.push_back(trustpoint.error());
  }
  if (error && error != std::errc::no_such_file_or_directory)
    loaded.errors.push_back((directory_ / "trustpoints").string() + ": " + error.message());
  return loaded;
}

Result<std::shared_ptr<const pki::Trustpoint>, std::string> TrustpointStore::load(
    std::string_view name) const {
  if (!is_good_name(name)) return bad_name(name);
  const fs::path where = trustpoint(name);
  pki::PemTexts texts;
  auto authorities = read_text(where / kAuthorities);
  if (!authorities) return Error{authorities.error()};
  auto lists = read_lists(where);
  if (!lists) return Error{lists.error()};
  texts.authorities = *std::move(authorities);
  texts.revocation_lists = *std::move(lists);
  if (const auto own = take_own(where / kOwn, texts); !own) return Error{own.error()};
  auto trustpoint = pki::Trustpoint::load(texts);
  if (!trustpoint) return failure(where, trustpoint.error());
  return trustpoint;
}

Result<void, std::string> TrustpointStore::save_authority(std::string_view name,
                                                          const pki::Certificate& authority) const {
  if (!is_good_name(name)) return bad_name(name);
  return write_file(trustpoint(name) / kAuthorities, authority.pem());
}

Result<void, std::string> TrustpointStore::save_own(std::string_view name, const crypto::Signer& key,
                                                    std::span<const pki::Certificate> certificates) const {
  if (!is_good_name(name)) return bad_name(name);
  const auto pem = key.to_pem();
  if (!pem) return Error{std::string(to_string(pem.error()))};
  return write_secret(trustpoint(name) / kOwn, joined(*pem, pem_of(certificates)));
}

Result<void, std::string> TrustpointStore::add_revocation_lists(std::string_view name,
                                                                std::string_view pem) const {
  if (!is_good_name(name)) return bad_name(name);
  const fs::path path = trustpoint(name) / kRevocationLists;
  const auto stored = read_text(path);
  if (!stored) return Error{stored.error()};
  const auto known = load(name);
  if (!known) return Error{known.error()};
  const auto merged = pki::merged_lists(*stored, pem, **known);
  if (!merged) return Error{merged.error()};
  return write_file(path, *merged);
}

// Out of sight in one step; what a crash leaves behind has a name that is never loaded.
Result<void, std::string> TrustpointStore::remove(std::string_view name) const {
  if (!is_good_name(name)) return bad_name(name);
  const fs::path where = trustpoint(name);
  const auto parent = open_directory_of(where, Missing::Refused);
  const UniqueFd at(parent ? ::openat(parent->fd.get(), ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -1);
  if (!at && errno == ENOENT) return {};
  if (!at) return system_failure(where);
  const std::string shown = where.filename();
  const std::string hidden = "." + shown + ".removed";
  const fs::path through = fs::path("/proc/self/fd") / std::to_string(at.get()) / hidden;
  std::error_code error;
  fs::remove_all(through, error);
  if (::renameat(at.get(), shown.c_str(), at.get(), hidden.c_str()) != 0) {
    if (errno == ENOENT) return {};
    return system_failure(where);
  }
  if (::fsync(at.get()) != 0) return system_failure(where);
  fs::remove_all(through, error);
  if (error) return failure(where.parent_path() / hidden, error.message());
  return {};
}

Result<std::optional<crypto::Signer>, std::string> TrustpointStore::load_key(std::string_view label) const {
  if (!is_good_name(label)) return bad_name(label);
  const auto pem = read_secret(key_file(label));
  if (!pem) return Error{pem.error()};
  if (!*pem) return std::optional<crypto::Signer>();
  auto signer = crypto::Signer::from_pem((*pem)->view());
  if (!signer) return failure(key_file(label), signer.error());
  return std::optional(*std::move(signer));
}

Result<void, std::string> TrustpointStore::save_key(std::string_view label, const crypto::Signer& key) const {
  if (!is_good_name(label)) return bad_name(label);
  const auto pem = key.to_pem();
  if (!pem) return Error{std::string(to_string(pem.error()))};
  return write_secret(key_file(label), *pem);
}

}  // namespace awtun::daemon
