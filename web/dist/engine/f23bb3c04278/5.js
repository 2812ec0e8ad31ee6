function t(e){let r=performance.now();return async()=>{e?.throwIfAborted(),!(performance.now()-r<40)&&(await new Promise(o=>setTimeout(o)),r=performance.now(),e?.throwIfAborted())}}export{t as a};
