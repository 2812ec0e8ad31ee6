// AssemblyScript, compiled by tools/build_kernels.ts. Memory is the module's own; the host lays it out.

/**
 * out (rows, columns) = a (rows, inner) b (inner, columns), all f32, rows and columns multiples of 4. Four rows by four
 * columns at a time, each sum in the order of `inner`: the same bits wherever it runs.
 */
export function product(a: usize, rows: i32, inner: i32, b: usize, columns: i32, out: usize): void {
  const across = <usize>inner << 2, line = <usize>columns << 2;
  for (let row = 0; row < rows; row += 4) {
    for (let column: usize = 0; column < line; column += 16) {
      let s0 = f32x4.splat(0), s1 = s0, s2 = s0, s3 = s0;
      let left = a + <usize>row * across, right = b + column;
      for (const end = left + across; left < end; left += 4, right += line) {
        const values = v128.load(right);
        s0 = f32x4.add(s0, f32x4.mul(v128.load32_splat(left), values));
        s1 = f32x4.add(s1, f32x4.mul(v128.load32_splat(left + across), values));
        s2 = f32x4.add(s2, f32x4.mul(v128.load32_splat(left + 2 * across), values));
        s3 = f32x4.add(s3, f32x4.mul(v128.load32_splat(left + 3 * across), values));
      }
      const to = out + <usize>row * line + column;
      v128.store(to, s0);
      v128.store(to + line, s1);
      v128.store(to + 2 * line, s2);
      v128.store(to + 3 * line, s3);
    }
  }
}
