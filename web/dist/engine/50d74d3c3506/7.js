function r(o){let n=atob(o),e=new Uint8Array(n.length);for(let t=0;t<e.length;t++)e[t]=n.charCodeAt(t);return e}export{r as a};
