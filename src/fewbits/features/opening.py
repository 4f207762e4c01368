"""``open_cache``: features that were extracted, if they are all there and the right ones."""

from pathlib import Path

from fewbits.errors import FewbitsError, UsageError
from fewbits.features.cache import FeatureCache
from fewbits.features.keys import CacheKey
from fewbits.features.manifest import AGAIN, read_manifest
from fewbits.features.shards import read_shard


def open_cache(folder: Path, key: CacheKey | None = None, verify: bool = False) -> FeatureCache:
    """A whole cache, in its first view.

    Args:
        folder: where :func:`fewbits.features.extract` wrote it.
        key: what is expected in it, see :func:`fewbits.features.key_of`. Default: whatever it is.
        verify: compares every checksum, which reads all of it; otherwise sizes only.

    Raises:
        UsageError: it holds other features.
        FewbitsError: there is no cache, it is not complete, or parts of it are damaged.
    """
    manifest = read_manifest(folder)
    if manifest is None:
        raise FewbitsError(f"{folder} holds no features: extract them first")
    if key is not None and (differ := manifest.key.difference(key)):
        raise UsageError(f"{folder} holds other features ({differ}): choose another folder")
    found = [read_shard(folder, manifest, n, verify) for n in range(manifest.shards)]
    shards = tuple(shard for shard in found if shard is not None)
    if len(shards) < len(found):
        raise FewbitsError(
            f"{folder}: {len(found) - len(shards)} of {len(found)} shards are missing or damaged: "
            f"{AGAIN}"
        )
    if not any(shard.rows for shard in shards):
        raise FewbitsError(f"{folder} holds no features: none of the pictures decodes")
    return FeatureCache(folder, manifest, shards, manifest.views[0])
