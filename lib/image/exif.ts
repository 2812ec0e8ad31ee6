/**
 * The one EXIF field that changes pixels: orientation, tag 0x0112 of the first image directory (Exif 2.32, 4.6.4;
 * TIFF 6.0, section 2). Reads nothing else.
 */

const ORIENTATION_TAG = 0x0112;
const SHORT = 3;
const LONG = 4;

/**
 * Reads the orientation out of a TIFF block. Never throws: photographs with broken metadata are still photographs.
 *
 * @param tiff The block, from its byte order mark on.
 * @returns 1 to 8 as EXIF defines them; 1 (as stored) where the block has none or makes no sense.
 */
export function readOrientation(tiff: Uint8Array): number {
  if (tiff.length < 14) return 1;
  const view = new DataView(tiff.buffer, tiff.byteOffset, tiff.byteLength);
  const byteOrder = view.getUint16(0);
  if (byteOrder !== 0x4949 && byteOrder !== 0x4d4d) return 1;
  const littleEndian = byteOrder === 0x4949;
  if (view.getUint16(2, littleEndian) !== 42) return 1;
  const directory = view.getUint32(4, littleEndian);
  if (directory > tiff.length - 2) return 1;
  // entries claimed, at most those that fit: 65,535 steps bound the loop whatever the file says
  const fitting = Math.floor((tiff.length - directory - 2) / 12);
  const entries = Math.min(view.getUint16(directory, littleEndian), fitting);
  for (let i = 0, p = directory + 2; i < entries; i++, p += 12) {
    if (view.getUint16(p, littleEndian) !== ORIENTATION_TAG) continue;
    const type = view.getUint16(p + 2, littleEndian);
    const value = type === SHORT
      ? view.getUint16(p + 8, littleEndian)
      : type === LONG
      ? view.getUint32(p + 8, littleEndian)
      : 1;
    return value >= 1 && value <= 8 ? value : 1;
  }
  return 1;
}
