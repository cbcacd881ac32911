#!/usr/bin/env python3
"""Stand-alone verifier of an audit bundle of the Sekisho ledger. Standard library and one Ed25519 library.

Shares no code with the system it checks. Formats: RFC 6962, C2SP tlog-tiles, signed-note, tlog-checkpoint,
tlog-cosignature, tlog-proof, tlog-policy. Exit codes: 0 intact, 1 something is wrong, 2 cannot verify.
"""
import argparse, base64, hashlib, json, os, sys

try:
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
except ImportError:
    print("Ed25519 のライブラリがありません。pip install cryptography を実行してください。")
    sys.exit(2)

class Wrong(Exception):
    """Something is not as it should be."""

def ed25519_ok(key, signature, message):
    try:
        Ed25519PublicKey.from_public_bytes(key).verify(signature, message)
        return True
    except (InvalidSignature, ValueError):
        return False

# --- Merkle tree, RFC 6962 ---
def sha(data):
    return hashlib.sha256(data).digest()

def node_hash(left, right):
    return sha(b"\1" + left + right)

def tree_root(hashes):
    """RFC 6962, 2.1: MTH over hashes of leaves."""
    if len(hashes) < 2:
        return hashes[0] if hashes else sha(b"")
    left = 1 << (len(hashes) - 1).bit_length() - 1
    return node_hash(tree_root(hashes[:left]), tree_root(hashes[left:]))

def root_by_inclusion(index, size, leaf, path):
    """The root that an inclusion proof leads to: RFC 6962, 2.1.1, read backwards."""
    if size == 1 and not path:
        return leaf
    left = 1 << (size - 1).bit_length() - 1
    if index < left:
        return node_hash(root_by_inclusion(index, left, leaf, path[:-1]), path[-1])
    return node_hash(path[-1], root_by_inclusion(index - left, size - left, leaf, path[:-1]))

def roots_by_consistency(old, new, path, old_root):
    """The old and the new root that a consistency proof leads to: RFC 6962, 2.1.2, read backwards. `old_root`
    stands for the old tree as long as the way down has only gone left."""
    if old == new:
        (value,) = path + ([] if old_root is None else [old_root])
        return value, value
    left = 1 << (new - 1).bit_length() - 1
    if old <= left:
        first, second = roots_by_consistency(old, left, path[:-1], old_root)
        return first, node_hash(second, path[-1])
    first, second = roots_by_consistency(old - left, new - left, path[:-1], None)
    return node_hash(path[-1], first), node_hash(path[-1], second)

# --- Notes, checkpoints, keys ---
def unbase64(text):
    return base64.b64decode(text, validate=True)

def read_key(text):
    """name+id+base64(type, key) -> (name, id, type, key)"""
    name, key_id, material = text.split("+", 2)
    material = unbase64(material)
    expected = sha(name.encode() + b"\n" + material)[:4]
    if len(material) != 33 or expected.hex() != key_id:
        raise Wrong("鍵の形式が正しくありません: " + text)
    return name, expected, material[0], material[1:]

def read_policy(text):
    """C2SP tlog-policy -> (log keys, {witness name: key}, {group: (threshold, members)}, quorum)"""
    logs, witnesses, groups, quorum = [], {}, {}, None
    for line in text.splitlines():
        words = line.split()
        if not words or words[0].startswith("#"):
            continue
        if words[0] == "log":
            logs.append(read_key(words[1]))
        elif words[0] == "witness":
            witnesses[words[1]] = read_key(words[2])
        elif words[0] == "group":
            threshold = {"any": 1, "all": len(words) - 3}.get(words[2]) or int(words[2])
            groups[words[1]] = (threshold, words[3:])
        elif words[0] == "quorum":
            quorum = None if words[1] == "none" else words[1]
        else:
            raise Wrong("鍵の一覧に読めない行があります: " + line)
    return logs, witnesses, groups, quorum

def read_checkpoint(text, logs, what):
    """Checks the log's signature and gives (origin, size, root, text, signatures)."""
    body, separator, lines = text.rpartition("\n\n")
    if not separator or not lines.endswith("\n"):
        raise Wrong(what + "の形式が正しくありません")
    body += "\n"
    signatures = []
    for line in lines[:-1].split("\n"):
        dash, name, value = line.split(" ")
        value = unbase64(value)
        if dash != "—" or len(value) < 5:
            raise Wrong(what + "の署名の行が正しくありません")
        signatures.append((name, value[:4], value[4:]))
    origin, size, root = body.split("\n")[:3]
    if not size.isascii() or not size.isdigit() or str(int(size)) != size or len(unbase64(root)) != 32:
        raise Wrong(what + "の形式が正しくありません")
    known = [(key, s) for key in logs for s in signatures if s[:2] == key[:2] and key[2] == 1 and key[0] == origin]
    if not known:
        raise Wrong(what + "に、知っている鍵の署名がありません")
    if not all(ed25519_ok(key[3], s[2], body.encode()) for key, s in known):
        raise Wrong(what + "の署名が内容と合いません")
    return origin, int(size), unbase64(root), body, signatures

def cosigned_by(body, signatures, witnesses):
    """Names of the witnesses whose cosignature/v1 verifies."""
    names = set()
    for who, (name, key_id, kind, key) in witnesses.items():
        for _, _, value in [s for s in signatures if s[:2] == (name, key_id) and kind == 4]:
            time = int.from_bytes(value[:8], "big")
            if not ed25519_ok(key, value[8:], f"cosignature/v1\ntime {time}\n{body}".encode()):
                raise Wrong("立会人 " + who + " の署名が内容と合いません")
            names.add(who)
    return names

def quorum_met(name, names, groups):
    if name in groups:
        threshold, members = groups[name]
        return sum(quorum_met(member, names, groups) for member in members) >= threshold
    return name in names

# --- Tiles ---
def tile_path(level, index, width):
    parts = ["%03d" % (index % 1000)]
    while index >= 1000:
        index //= 1000
        parts.insert(0, "x%03d" % (index % 1000))
    return "tile/%s/%s%s" % (level, "/".join(parts), "" if width == 256 else ".p/%d" % width)

class Bundle:
    def __init__(self, root):
        self.root = root

    def read(self, path):
        with open(os.path.join(self.root, path), "rb") as file:
            return file.read()

    def names(self, folder):
        path = os.path.join(self.root, folder)
        return sorted(os.listdir(path)) if os.path.isdir(path) else []

    def width(self, size, level, index):
        return min(256, (size >> 8 * level) - 256 * index)

    def hashes(self, size, level, index):
        width = self.width(size, level, index)
        data = self.read(tile_path(level, index, width))
        if len(data) != 32 * width:
            raise Wrong("タイルの長さが違います: " + tile_path(level, index, width))
        return [data[i:i + 32] for i in range(0, len(data), 32)]

    def root_from_edge(self, size):
        """The root from the partial tiles at the right of every level."""
        root = None
        for level in range(8):
            full, width = divmod(size >> 8 * level, 256)
            hashes = self.hashes(size, level, full) if width else []
            while hashes:
                count = len(hashes) & -len(hashes)
                subtree = tree_root(hashes[-count:])
                hashes = hashes[:-count]
                root = subtree if root is None else node_hash(subtree, root)
        return sha(b"") if root is None else root

    def check_tile(self, size, index):
        """Follows a full leaf tile up to the edge, which the root covers. Gives its hashes."""
        leaves = hashes = self.hashes(size, 0, index)
        for level in range(1, 8):
            if len(hashes) < 256:
                return leaves
            place, value = index % 256, tree_root(hashes)
            index //= 256
            hashes = self.hashes(size, level, index)
            if hashes[place] != value:
                raise Wrong("タイルが上の段と合いません: " + tile_path(level, index, len(hashes)))
        return leaves

    def entries(self, size, index):
        width = self.width(size, 0, index)
        data, entries = self.read(tile_path("entries", index, width)), []
        while data:
            length = int.from_bytes(data[:2], "big")
            if len(data) < 2 + length:
                raise Wrong("記録の束が途中で切れています")
            entries.append(data[2:2 + length])
            data = data[2 + length:]
        if len(entries) != width:
            raise Wrong("記録の束の件数が違います")
        return entries

def canonical(value):
    """RFC 8785 for what entries and payloads hold: no fractions; names in UTF-16 order."""
    if isinstance(value, dict):
        names = sorted(value, key=lambda name: name.encode("utf-16-be", "surrogatepass"))
        return "{" + ",".join(canonical(name) + ":" + canonical(value[name]) for name in names) + "}"
    if isinstance(value, list):
        return "[" + ",".join(map(canonical, value)) + "]"
    if isinstance(value, float):
        raise Wrong("小数があります")
    return json.dumps(value, ensure_ascii=False)

# --- The audit ---
def audit(bundle, policy, against):
    logs, witnesses, groups, quorum = policy
    origin, size, root, body, signatures = read_checkpoint(bundle.read("checkpoint").decode(), logs, "チェックポイント")
    about = json.loads(bundle.read("bundle.json"))
    first, end = about["from"], about["to"]
    if (about["origin"], about["size"]) != (origin, size) or not 0 <= first < end <= size:
        raise Wrong("bundle.json がチェックポイントと合いません")
    print(f"証跡：{origin}　全{size}件のうち {first}番から{end - 1}番まで")
    if bundle.root_from_edge(size) != root:
        raise Wrong("タイルが署名された値と合いません")
    proofs = {int(name.split(".")[0]) for name in bundle.names("proofs")}
    leaves, bodies = [], 0
    for number in range(first // 256, (end + 255) // 256):
        hashes, entries, salted = bundle.check_tile(size, number), bundle.entries(size, number), {}
        if "%d.jsonl" % number in bundle.names("bodies"):
            lines = bundle.read("bodies/%d.jsonl" % number).decode().split("\n")[:-1]
            salted = {item["index"]: item for item in map(json.loads, lines)}
        for offset, (entry, value) in enumerate(zip(entries, hashes)):
            index = number * 256 + offset
            if sha(b"\0" + entry) != value:
                raise Wrong(f"{index}番：記録された内容と違います（書き換え）")
            if index in salted:
                commit = sha(bytes.fromhex(salted[index]["salt"]) + canonical(salted[index]["payload"]).encode())
                if commit.hex() != json.loads(entry)["payload_commit"]:
                    raise Wrong(f"{index}番：内容が、記録された照合値と違います")
                bodies += 1
            if index in proofs:
                head, _, checkpoint = bundle.read(f"proofs/{index}.tlog-proof").decode().partition("\n\n")
                lines = [line for line in head.split("\n") if not line.startswith("extra ")]
                if lines[:2] != ["c2sp.org/tlog-proof@v1", f"index {index}"]:
                    raise Wrong(f"{index}番：証明の形式が正しくありません")
                _, proof_size, proof_root, _, _ = read_checkpoint(checkpoint, logs, "証明")
                path = [unbase64(line) for line in lines[2:]]
                if index >= proof_size or root_by_inclusion(index, proof_size, value, path) != proof_root:
                    raise Wrong(f"{index}番：証明が成り立ちません")
        leaves += hashes
    print(f"記録：{end - first}件を確かめました。内容（本文）も照合したもの：{bodies}件")

    confirmed = 0
    for path in against:
        with open(path, encoding="utf-8") as file:
            _, old, old_root, _, more = read_checkpoint(file.read(), logs, path)
        if old > size:
            raise Wrong(f"{path} は{old}件まで確認していますが、この証跡は{size}件です（末尾の喪失）")
        if first == 0 and old <= len(leaves):
            if tree_root(leaves[:old]) != old_root:
                raise Wrong(f"{path} と食い違います（証跡の分岐）")
        else:
            head = bundle.read(f"consistency/{old}").decode().partition("\n\n")[0].split("\n")
            hashes = [unbase64(line) for line in head[1:]]
            if old > 0 and roots_by_consistency(old, size, hashes, old_root) != (old_root, root):
                raise Wrong(f"{path} と食い違います（整合性の証明が成り立ちません）")
        print(f"外の写し {path}（{old}件）と一致しました")
        confirmed = max(confirmed, old)
    names = cosigned_by(body, signatures, witnesses)
    if quorum and quorum_met(quorum, names, groups):
        return f"結果：立会人（{'、'.join(sorted(names))}）の署名と一致し、改ざんなし（水準L2）。対象：先頭から{size}件"
    if confirmed:
        return f"結果：外に保管した写しと一致し、改ざんなし（水準L1）。対象：先頭から{confirmed}件"
    return "結果：内部に矛盾はありません（水準L0）。外の写しと照合していないため、全体が作り直されていても気づけません。"

def main():
    parser = argparse.ArgumentParser(description="証跡の監査用ファイル一式を確かめます")
    parser.add_argument("bundle", help="フォルダー")
    parser.add_argument("--policy", help="信頼する鍵の一覧（tlog-policy 形式）")
    parser.add_argument("--against", nargs="*", default=[], help="手元に保管したチェックポイント")
    arguments = parser.parse_args()
    try:
        path = arguments.policy or os.path.join(arguments.bundle, "policy")
        if not arguments.policy:
            print("注意：鍵の一覧の指定がないため、フォルダーの中の policy を使います（市が言うとおりの鍵です）。")
        with open(path, encoding="utf-8") as file:
            policy = read_policy(file.read())
        print(audit(Bundle(arguments.bundle), policy, arguments.against))
        return 0
    except Wrong as wrong:
        print(f"異常：{wrong}\n結果：異常があります。")
        return 1
    except (OSError, ValueError, KeyError, TypeError, IndexError, RecursionError) as error:
        print(f"確かめられません：{type(error).__name__}: {error}")
        return 2

if __name__ == "__main__":
    sys.exit(main())
